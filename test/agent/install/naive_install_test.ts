/**
 * CodeDeploy's Install as its rules read, in their order: remove what the list names, look, copy,
 * give permissions. Ours gets there by another way and must leave the same machine behind.
 *
 * Two differences are on purpose: a link in a file's place is replaced and never written through,
 * and a permission of a link is its owner alone.
 * @module
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { InstallError } from "../../../core/agent/install/install_error.ts";
import { quickSandbox } from "./kill_scenarios.ts";
import { everythingTo, type Sandbox } from "./sandbox.ts";

type Behavior = "DISALLOW" | "OVERWRITE" | "RETAIN";
type Entry = readonly [path: string, what: string];
interface Step {
  readonly revision: readonly Entry[];
  readonly foreign: readonly Entry[];
  readonly behavior: Behavior;
  readonly hasPermissions: boolean;
}

const NOBODY = 65534;
const isRoot = process.geteuid?.() === 0;
const PERMISSIONS =
  "\npermissions: [{ object: /srv, mode: 640, type: [file], owner: nobody, group: 65534 }]";

/** A machine that is installed to by the rules alone. */
class Naive {
  lines: string[] | undefined;
  readonly host: string;
  constructor(host: string) {
    this.host = host;
  }

  /** "refused" leaves neither version; "failed" is a copy that did not succeed. */
  install(archive: string, { behavior, hasPermissions }: Step): "installed" | "refused" | "failed" {
    for (const path of (this.lines ?? []).toReversed()) remove(path);
    this.lines = undefined;
    const made: string[] = [];
    const planned = this.#plan(archive, join(this.host, "srv"), behavior);
    if (planned === "refused") return "refused";
    this.lines = made;
    for (const { source, path } of planned) {
      made.push(path);
      const isLink = source !== undefined && lstatSync(source).isSymbolicLink();
      const there = lstatSync(path, { throwIfNoEntry: false });
      if (there && (source === undefined || isLink)) return "failed";
      if (source === undefined) mkdirSync(path);
      else if (isLink) symlinkSync(readlinkSync(source), path);
      else {
        if (there?.isDirectory()) return "failed";
        if (there?.isSymbolicLink()) unlinkSync(path);
        copyFileSync(source, path);
        chmodSync(path, lstatSync(source).mode & 0o7777);
        chownSync(path, lstatSync(source).uid, lstatSync(source).gid);
      }
    }
    for (const { source, path } of hasPermissions ? planned : []) {
      if (source === undefined) continue;
      if (!lstatSync(path).isSymbolicLink()) chmodSync(path, 0o640);
      lchownSync(path, NOBODY, NOBODY);
    }
    return "installed";
  }

  #plan(
    from: string,
    to: string,
    behavior: Behavior,
  ): { source?: string; path: string }[] | "refused" {
    const found: { source?: string; path: string }[] = [];
    const isThere = existsSync(to);
    if (isThere && !statSync(to).isDirectory()) return "refused";
    if (!isThere) found.push({ path: to });
    for (const name of readdirSync(from)) {
      const [source, path] = [join(from, name), join(to, name)];
      if (lstatSync(source).isDirectory()) {
        const below = this.#plan(source, path, behavior);
        if (below === "refused") return below;
        found.push(...below);
      } else if (!existsSync(path) || behavior === "OVERWRITE") found.push({ source, path });
      else if (behavior === "DISALLOW") return "refused";
    }
    return found;
  }
}

function remove(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isDirectory()) unlinkSync(path);
  else if (readdirSync(path).length === 0) rmdirSync(path);
}

/** Puts what can be put; what is in the way of an entry stays. */
function put(directory: string, entries: readonly Entry[]): void {
  for (const [name, what] of entries) {
    const path = join(directory, name);
    const above = dirname(path);
    const around = lstatSync(above, { throwIfNoEntry: false });
    if (around && !around.isDirectory()) continue;
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    mkdirSync(above, { recursive: true });
    if (what === "dir") mkdirSync(path);
    else if (what.startsWith("-> ")) symlinkSync(what.slice(3), path);
    else {
      writeFileSync(path, what);
      chmodSync(path, what.length % 2 === 0 ? 0o755 : 0o604);
    }
  }
}

function seen(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mode, uid, gid } = lstatSync(path);
    const text = entry.isSymbolicLink()
      ? `-> ${readlinkSync(path)}`
      : entry.isFile()
      ? readFileSync(path, "utf8")
      : "";
    return `${relative(directory, path)} ${mode.toString(8)} ${uid}:${gid} ${text}`;
  }).sort();
}

const name = fc.constantFrom("a", "b", "c");
const path = fc.oneof(name, fc.tuple(name, name).map(([above, own]) => `${above}/${own}`));
const what = fc.constantFrom("x", "y", "zz", "zz", "dir", "-> nothing", "-> b");
/** Where its link leads does not depend on what the Install has made by then. */
const foreign = fc.constantFrom("x", "zz", "dir", "-> nothing", "-> /etc/passwd");
const entries = fc.array(fc.tuple(path, what), { maxLength: 6 });
const step = fc.record({
  revision: entries,
  foreign: fc.array(fc.tuple(path, foreign), { maxLength: 2 }),
  behavior: fc.constantFrom<Behavior>("DISALLOW", "OVERWRITE", "RETAIN"),
  hasPermissions: fc.boolean(),
});

/** A link to a directory is followed on its own terms, which are not the subject here. */
function isPlain(archive: string): boolean {
  return seen(archive).every((line) => {
    const link = join(archive, line.slice(0, line.indexOf(" ")));
    return !lstatSync(link).isSymbolicLink() || !existsSync(link) || !statSync(link).isDirectory();
  });
}

async function sameEnds(box: Sandbox, steps: readonly Step[]): Promise<void> {
  const naive = new Naive(join(box.root, "naive"));
  mkdirSync(naive.host);
  for (const one of steps) {
    const archive = box.revision({});
    put(archive, one.revision);
    if (!isPlain(archive)) return;
    for (const host of [box.host, naive.host]) put(join(host, "srv"), one.foreign);
    assert.deepEqual(seen(box.host), seen(naive.host));
    const spec = everythingTo("/srv") + (one.hasPermissions ? PERMISSIONS : "");
    const expected = naive.install(archive, one);
    const ended = await box.install(archive, spec, one.behavior).then(
      () => "installed",
      (error) => {
        assert.ok(error instanceof InstallError, String(error));
        return "refused";
      },
    );
    assert.equal(ended, expected === "installed" ? "installed" : "refused");
    if (expected === "failed") return; // how far it came is not specified
    assert.deepEqual(seen(box.host), seen(naive.host));
    const lines = existsSync(join(box.instructions, "group-1-cleanup")) ? box.cleanupLines() : [];
    const wanted = (naive.lines ?? []).map((line) => relative(naive.host, line));
    assert.deepEqual(lines.toSorted(), wanted.toSorted());
  }
}

test("any sequence of Installs ends as CodeDeploy's rules, followed one by one, end it", {
  skip: !isRoot && "owners are root's to give",
}, async () => {
  const sequence = fc.array(step, { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(sequence, async (steps) => {
      using box = quickSandbox();
      await sameEnds(box, steps);
    }),
    { numRuns: 250 },
  );
});
