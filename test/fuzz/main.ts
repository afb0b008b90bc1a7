/**
 * `main.ts MINUTES [SEED]`: hands mutated bundles and AppSpecs to the code that reads them, until the
 * time is over or something happens that must not. Prints the seed, cases per second and memory.
 * @module
 */
import { randomInt } from "node:crypto";
import process from "node:process";
import { caseChecker, keepCase } from "./check.ts";
import { nextCase, randomFrom } from "./mutate.ts";
import { watch } from "./watchdog.ts";

const REPORT_MS = 10_000;
/** Growth of the process after its first report that no cache explains. */
const GROWTH_MAX = 512 * 1024 ** 2;

const minutes = Number(process.argv[2] ?? "3");
const seed = Number(process.argv[3] ?? randomInt(2 ** 31));
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error("usage: fuzz MINUTES [SEED]");
console.log(`seed ${seed}`);
const random = randomFrom(seed);
const started = performance.now();
const ends = { taken: 0, refused: 0 };
let [reported, settled] = [started, 0];
await using checker = await caseChecker();
const watchdog = watch(seed);
for (let at = 0; performance.now() - started < minutes * 60_000; at++) {
  watchdog.beat(at);
  const next = nextCase(random, at);
  try {
    ends[await checker.check(next)]++;
  } catch (error) {
    console.error(`case ${at} of seed ${seed} (${next.kind}) is kept in ${await keepCase(next)}`);
    throw error;
  }
  if (performance.now() - reported < REPORT_MS) continue;
  reported = performance.now();
  const rss = process.memoryUsage().rss;
  settled ||= rss;
  const perSecond = Math.round((at + 1) / (reported - started) * 1000);
  console.log(
    `${at + 1} cases, ${perSecond} per second: ${ends.taken} taken, ${ends.refused} refused; ` +
      `${Math.round(rss / 1024 ** 2)} MiB`,
  );
  if (rss - settled > GROWTH_MAX) throw new Error(`memory grew by ${rss - settled} bytes`);
}
await watchdog.stop();
console.log(`done: ${ends.taken} taken, ${ends.refused} refused, nothing else (seed ${seed})`);
