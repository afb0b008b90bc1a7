/**
 * A machine in a temporary folder: a revision, the agent's instructions, and a root to install into.
 * @module
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AppSpec, parseAppSpec } from "../../../core/domain/appspec.ts";
import {
  install,
  type InstallInput,
  type InstallResult,
} from "../../../core/agent/install/install.ts";

/** Path to contents; `-> target` is a link, `dir` an empty directory, `!text` an executable file. */
export type Tree = Readonly<Record<string, string>>;

export class Sandbox {
  readonly root: string;
  readonly instructions: string;
  /** Destinations lie here. */
  readonly host: string;
  #deployment = 0;

  /** In a folder of its own below `parent`. */
  constructor(parent = tmpdir()) {
    this.root = mkdtempSync(join(parent, "runtime-install-"));
    this.instructions = join(this.root, "instructions");
    this.host = join(this.root, "host");
    mkdirSync(this.host);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** The unpacked revision of the next deployment. */
  revision(tree: Tree): string {
    const archive = join(this.root, `d-${++this.#deployment}`, "deployment-archive");
    mkdirSync(archive, { recursive: true });
    write(archive, tree);
    return archive;
  }

  /** Installs a revision below `host`, by an AppSpec without its first two lines. */
  install(
    archiveDir: string,
    appSpec: string,
    behavior = "DISALLOW",
    settings: Partial<InstallInput> = {},
  ): Promise<InstallResult> {
    return install({
      archiveDir,
      deploymentRoot: dirname(archiveDir),
      instructionsDir: this.instructions,
      groupId: "group-1",
      appSpec: spec(appSpec),
      fileExistsBehavior: behavior,
      installRoot: this.host,
      ...settings,
    });
  }

  cleanupLines(): string[] {
    const text = readFileSync(join(this.instructions, "group-1-cleanup"), "utf8");
    return text.split("\n").slice(0, -1).map((line) => line.replace(`${this.host}/`, ""));
  }
}

export function spec(text: string): AppSpec {
  return parseAppSpec(`version: 0.0\nos: linux\n${text}`, { path: "appspec.yml", hostOs: "linux" });
}

/** Everything of the revision into one destination. */
export function everythingTo(destination: string): string {
  return `files: [{ source: /, destination: ${destination} }]`;
}

export function write(directory: string, tree: Tree): void {
  for (const [name, text] of Object.entries(tree)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    if (text === "dir") mkdirSync(path);
    else if (text.startsWith("-> ")) symlinkSync(text.slice(3), path);
    else {
      writeFileSync(path, text);
      if (text.startsWith("!")) chmodSync(path, 0o755);
    }
  }
}

/** What lies below a directory, in the notation of `write`; directories with entries are implied. */
export function read(directory: string, prefix = ""): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(directory).sort()) {
    const [path, key] = [join(directory, name), join(prefix, name)];
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) tree[key] = `-> ${readlinkSync(path)}`;
    else if (stat.isDirectory()) {
      const below = read(path, key);
      Object.assign(tree, Object.keys(below).length === 0 ? { [key]: "dir" } : below);
    } else tree[key] = readFileSync(path, "utf8");
  }
  return tree;
}

/** Octal permission bits. */
export function mode(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8);
}
