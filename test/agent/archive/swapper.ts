/**
 * Keeps swapping the directory `d` of each round's destination with a symbolic link to a canary:
 * `swapper.ts ROUNDS CANARY`, where ROUNDS will hold 0/d, 1/d and so on. Prints a line when it is
 * ready and at the first swap of each round; ends when its input does.
 * @module
 */
import { existsSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setImmediate } from "node:timers/promises";

const [rounds, canary] = process.argv.slice(2);
if (rounds === undefined || canary === undefined) throw new Error("ROUNDS CANARY");
const SWAPS_AT_ONCE = 200;
let ended = false;
process.stdin.resume().on("end", () => ended = true);

/** False when `d` is not there, as before its round and after another tool removed it. */
function swap(folder: string): boolean {
  const [d, aside] = [join(folder, "d"), join(folder, "aside")];
  try {
    renameSync(d, aside);
    symlinkSync(canary!, d);
    unlinkSync(d);
    renameSync(aside, d);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

console.log("ready");
for (let round = 0, swaps = 0; !ended; await setImmediate()) {
  if (existsSync(join(rounds, String(round + 1)))) round++;
  for (let count = 0; count < SWAPS_AT_ONCE && swap(join(rounds, String(round))); count++) swaps++;
  if (swaps > 0) console.log(`round ${round}`);
  swaps = 0;
}
