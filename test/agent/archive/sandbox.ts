/**
 * A place to unpack in: a destination, and beside it files that no archive may touch.
 * @module
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Sandbox extends AsyncDisposable {
  path: string;
  /** Not made yet. */
  destination: string;
  /** Everything in the sandbox but the destination. */
  outside(): string[];
  /** Puts a bundle into the sandbox. */
  bundle(bytes: Uint8Array): Promise<string>;
}

export async function sandbox(): Promise<Sandbox> {
  const path = await mkdtemp(join(tmpdir(), "runtime-archive-"));
  const destination = join(path, "deployment", "deployment-archive");
  await mkdir(join(path, "deployment", "logs"), { recursive: true });
  await writeFile(join(path, "canary"), "sings");
  await writeFile(join(path, "deployment", "logs", "canary"), "sings too");
  return {
    path,
    destination,
    outside: () =>
      listing(path).filter((line) => !line.startsWith("deployment/deployment-archive")),
    async bundle(bytes) {
      const file = join(path, "bundle");
      await writeFile(file, bytes);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** A line for each thing below a folder: path, mode, time to the second, and what it holds. */
export function listing(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below)).sort().flatMap((name) => {
    const path = below === "" ? name : `${below}/${name}`;
    const place = join(folder, path);
    const found = lstatSync(place);
    const mode = (found.mode & 0o7777).toString(8);
    const time = Math.floor(found.mtimeMs / 1000);
    if (found.isSymbolicLink()) return [`${path} -> ${readlinkSync(place)}`];
    // A directory's time outside the destination tells of every name made or removed in it.
    if (found.isDirectory()) return [`${path}/ ${mode} ${time}`, ...listing(folder, path)];
    const hash = createHash("sha256").update(readFileSync(place)).digest("hex").slice(0, 12);
    return [`${path} ${mode} ${time} ${found.size} ${hash}`];
  });
}
