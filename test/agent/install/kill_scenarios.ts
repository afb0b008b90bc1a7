/**
 * Installs that are killed at every operation, and what a machine looks like afterwards.
 * @module
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  lutimesSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import type { InstallInput, InstallResult } from "../../../core/agent/install/install.ts";
import type { Writer } from "../../../core/agent/install/writer.ts";
import { KillingWriter } from "./killing_writer.ts";
import { everythingTo, Sandbox, type Tree, write } from "./sandbox.ts";

const isRoot = process.geteuid?.() === 0;
const OWNER = isRoot ? ", owner: nobody" : "";

export interface Scenario {
  readonly name: string;
  /** What others have on the machine. */
  readonly host?: Tree;
  /** The last version, installed without a kill. */
  readonly before?: Tree;
  readonly beforeAppSpec?: string;
  readonly revision: Tree;
  readonly appSpec: string;
  readonly behavior?: string;
  readonly settings?: Partial<InstallInput>;
}

const OLD: Tree = {
  "app/same": "the same",
  "app/changed": "old text, and a long one at that",
  "app/mode": "!changes its mode",
  "app/removed": "goes",
  "app/link": "-> same",
  "app/other": "-> same",
  "app/swap": "a file at first",
  "app/was/dir/file": "below a directory",
  "gone/a": "a",
  "gone/deep/b": "b",
  "logs/first": "a file of the revision",
};
const NEW: Tree = {
  "app/same": "the same",
  "app/changed": "new text",
  "app/mode": "changes its mode",
  "app/added": "comes",
  "app/link": "-> same",
  "app/other": "-> changed",
  "app/swap/file": "a directory now",
  "app/was": "a file now",
  "new/deep/c": "!c",
};
const PERMISSIONS = `${everythingTo("/srv/shop")}
permissions:
  - { object: /srv/shop/app, pattern: "*", except: [mode], mode: 640${OWNER} }
  - { object: /srv/shop/app/mode, mode: 4750 }
  - { object: /srv/shop/new, type: [directory], mode: 750 }`;

export const SCENARIOS: readonly Scenario[] = [
  { name: "a first Install", revision: NEW, appSpec: PERMISSIONS },
  {
    name: "an update",
    host: { "srv/own": "mine" },
    before: OLD,
    beforeAppSpec: `${everythingTo("/srv/shop")}
permissions: [{ object: /srv/shop/app, mode: 600${OWNER} }]`,
    revision: NEW,
    appSpec: PERMISSIONS,
  },
  {
    name: "an update that DISALLOW refuses",
    host: { "srv/shop/new/deep/c": "mine" },
    before: OLD,
    revision: NEW,
    appSpec: PERMISSIONS,
  },
  {
    name: "an update that overwrites and adopts",
    host: { "srv/shop/new/deep/c": "mine", "srv/shop/app/added": "comes" },
    before: OLD,
    revision: NEW,
    appSpec: everythingTo("/srv/shop"),
    behavior: "OVERWRITE",
    settings: { adoptIfIdentical: true },
  },
];

export interface Prepared {
  readonly box: Sandbox;
  /** The deployment's folder. */
  readonly deploymentRoot: string;
  install(writer: Writer): Promise<InstallResult>;
}

/** A sandbox in memory: there are hundreds of machines to set up. */
export function quickSandbox(): Sandbox {
  return new Sandbox(existsSync("/dev/shm") ? "/dev/shm" : tmpdir());
}

/** The machine of a scenario, right before the Install that it is about. */
export async function prepare(box: Sandbox, scenario: Scenario): Promise<Prepared> {
  const { host = {}, before, revision, appSpec, behavior = "DISALLOW", settings } = scenario;
  writeDated(box.host, host);
  if (before) {
    const archive = datedRevision(box, before);
    const { writer } = new KillingWriter();
    await box.install(archive, scenario.beforeAppSpec ?? appSpec, "OVERWRITE", { writer });
    writeDated(box.host, { "srv/shop/logs/app.log": "by the application" });
    if (isRoot) chownSync(join(box.host, "srv/shop/app/same"), 12, 34);
    chmodSync(join(box.host, "srv/shop/app/same"), 0o666);
  }
  const archive = datedRevision(box, revision);
  return {
    box,
    deploymentRoot: dirname(archive),
    install: (writer) => box.install(archive, appSpec, behavior, { ...settings, writer }),
  };
}

function datedRevision(box: Sandbox, tree: Tree): string {
  const archive = box.revision({});
  writeDated(archive, tree);
  return archive;
}

/** Times of now would differ from machine to machine. */
function writeDated(directory: string, tree: Tree): void {
  write(directory, tree);
  for (const path of Object.keys(tree)) lutimesSync(join(directory, path), 1_000_000, 1_000_000);
}

/** Everything that is visible: the machine, and the files that CodeDeploy's agent knows, too. */
export function visible({ host, instructions, root }: Sandbox): Record<string, string> {
  return { ...entries(host, root), ...entries(instructions, root) };
}

function entries(directory: string, root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const { mode, uid, gid, mtimeMs, ...stat } = lstatSync(path);
    const attributes = `${mode.toString(8)} ${uid}:${gid}`;
    const kind = mode & 0o170000;
    const key = relative(root, path);
    if (kind === 0o040000) Object.assign(found, { [key]: attributes }, entries(path, root));
    else if (kind === 0o120000) found[key] = `${attributes} -> ${readlinkSync(path)}`;
    else {
      const text = readFileSync(path, "utf8").replaceAll(root, "ROOT");
      const time = directory.startsWith(join(root, "host")) ? mtimeMs : "";
      found[key] = `${attributes} ${stat.nlink} ${time} ${text}`;
    }
  }
  return found;
}
