/**
 * `main.ts N [SEED]`: plays so many histories from a seed on, says how far it has come and how fast,
 * names those that break a law, and prints the steps of the first of them.
 * @module
 */
import process from "node:process";
import { Disk } from "./disk.ts";
import { play, type Played } from "./history.ts";

const [count = "1000", from = "1"] = process.argv.slice(2);
const disk = new Disk();
const begun = performance.now();
const ends = new Map<string, number>();
let steps = 0;
let broken: Played | undefined;
for (let at = 0; at < Number(count); at++) {
  const seed = Number(from) + at;
  const played = await play(seed, disk);
  steps += played.count;
  for (const end of played.ends) ends.set(end, (ends.get(end) ?? 0) + 1);
  if (played.broken !== undefined) {
    console.error(`seed ${seed} breaks a law. ${played.broken}`);
    broken ??= played;
  }
  if ((at + 1) % 500 === 0) report(at + 1);
}
report(Number(count));
if (broken) {
  const { steps } = await play(broken.seed, disk, { isTold: true });
  console.error(`${steps.join("\n")}\nseed ${broken.seed} breaks a law. ${broken.broken}`);
  process.exitCode = 1;
}
disk.close();

function report(done: number): void {
  const seconds = (performance.now() - begun) / 1000;
  const told = [...ends].sort().map(([end, count]) => `${count} ${end}`).join(", ");
  console.log(
    `${done} histories, ${(done / seconds).toFixed(1)} a second, ${
      (steps / done).toFixed(0)
    } steps each; ${told}`,
  );
}
