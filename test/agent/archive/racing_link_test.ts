import { test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { UnpackFailed } from "../../../core/agent/archive/archive_error.ts";
import { extractArchive } from "../../../core/agent/archive/extract.ts";
import { listing, sandbox } from "./sandbox.ts";
import { tar, type TarEntry } from "./tar_bytes.ts";
import { zip } from "./zip_bytes.ts";

const ROUNDS = 3;
const PATIENCE = 30;
const FILES = 2_000;

/** Files, directories, links of both kinds and repeated names, all below the swapped directory. */
const entries: TarEntry[] = Array.from({ length: FILES }, (_, at) => [
  { name: `d/f${at}`, body: "written", mode: 0o666 },
  ...(at % 10 === 0 ? [{ name: `d/s${at}/f`, body: "below", mtime: 1 }] : []),
  ...(at % 25 === 0 ? [{ name: `d/l${at}`, flag: "2", target: `f${at}` }] : []),
  ...(at % 50 === 0 ? [{ name: `d/h${at}`, flag: "1", target: `d/f${at}` }] : []),
  ...(at % 50 === 0 ? [{ name: `d/f${at}`, body: "written again" }] : []),
]).flat();
const archives = [
  ["tar", tar(...entries)],
  ["zip", zip(...entries.filter(({ flag }) => flag === undefined))],
] as const;

/** Starts the other process; it is gone when this is disposed of. */
async function swapper(rounds: string, canary: string) {
  const script = new URL("./swapper.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", script, rounds, canary];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const swapped = new Set<string>();
  const lines = createInterface(child.stdout).on("line", (line) => swapped.add(line));
  await once(lines, "line");
  return {
    swapped,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}

for (const [bundleType, bytes] of archives) {
  const skip = process.platform !== "linux" && "needs /proc";
  test(`${bundleType}: a directory swapped with a link while unpacking leads nowhere`, {
    skip,
  }, async () => {
    await using place = await sandbox();
    const [rounds, canary] = [join(place.path, "rounds"), join(place.path, "sings")];
    await mkdir(rounds);
    await mkdir(join(canary, "s0"), { recursive: true });
    await writeFile(join(canary, "f0"), "untouched");
    const file = await place.bundle(bytes);
    const before = listing(canary);
    {
      await using other = await swapper(rounds, canary);
      // On a busy machine the other process may sleep through a few rounds.
      const raced = () => other.swapped.size > 1;
      for (let round = 0; round < ROUNDS || (!raced() && round < PATIENCE); round++) {
        const destination = join(rounds, String(round));
        try {
          await extractArchive({ file, bundleType, destination });
        } catch (error) {
          // A link in the way ends the unpacking; it may not be followed.
          assert.ok(error instanceof UnpackFailed, String(error));
        }
        assert.deepEqual(listing(canary), before, `round ${round} wrote into the canary`);
      }
      assert.ok(raced(), "the other process never swapped");
    }
  });
}
