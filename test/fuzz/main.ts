/**
 * `main.ts [bundles|api] MINUTES [SEED]`: hands mutated bundles and AppSpecs to the code that reads
 * them, or requests of all kinds to a server's API, until the time is over or something happens that
 * must not. Prints the seed, cases per second and memory.
 * @module
 */
import { randomInt } from "node:crypto";
import process from "node:process";
import { randomFrom } from "../random_numbers.ts";
import { ApiChecker } from "./api/check.ts";
import { QueryChecker } from "./api/query_check.ts";
import { S3Checker } from "./api/s3_check.ts";
import { caseChecker, keepCase } from "./check.ts";
import { nextCase } from "./mutate.ts";
import { watch } from "./watchdog.ts";

const REPORT_MS = 10_000;
/**
 * Bytes that the process may grow after its first report. The API's stores are opened and closed all
 * the time, and what a closed one has cached is given back when the collector comes.
 */
const GROWTH_MAX = { bundles: 512 * 1024 ** 2, api: 1536 * 1024 ** 2 };

/** What is tried; each case belongs to a number. */
interface Target extends AsyncDisposable {
  /** "taken" or "refused"; throws what must never happen. */
  attempt(at: number): Promise<"taken" | "refused">;
}

async function bundles(seed: number): Promise<Target> {
  const random = randomFrom(seed);
  const checker = await caseChecker();
  return {
    async attempt(at) {
      const next = nextCase(random, at);
      try {
        return await checker.check(next);
      } catch (error) {
        console.error(
          `case ${at} of seed ${seed} (${next.kind}) is kept in ${await keepCase(next)}`,
        );
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => checker[Symbol.asyncDispose](),
  };
}

async function api(seed: number): Promise<Target> {
  const checkers = [await ApiChecker.open(), await QueryChecker.open(), await S3Checker.open()];
  return {
    attempt: (at) => checkers[at % checkers.length]!.check(seed, Math.floor(at / checkers.length)),
    async [Symbol.asyncDispose]() {
      for (const checker of checkers) await checker[Symbol.asyncDispose]();
    },
  };
}

const [first = "", ...rest] = process.argv.slice(2);
const isNamed = first === "api" || first === "bundles";
const [minutesText = "3", seedText = randomInt(2 ** 31)] = isNamed ? rest : [first || "3", ...rest];
const minutes = Number(minutesText);
const seed = Number(seedText);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  throw new Error("usage: fuzz [bundles|api] MINUTES [SEED]");
}
console.log(`seed ${seed}`);
const started = performance.now();
const ends = { taken: 0, refused: 0 };
let [reported, settled] = [started, 0];
await using target = await (first === "api" ? api : bundles)(seed);
const watchdog = watch(seed);
for (let at = 0; performance.now() - started < minutes * 60_000; at++) {
  watchdog.beat(at);
  try {
    ends[await target.attempt(at)]++;
  } catch (error) {
    console.error(`case ${at} of seed ${seed}`);
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
  if (rss - settled > GROWTH_MAX[first === "api" ? "api" : "bundles"]) {
    throw new Error(`memory grew by ${rss - settled} bytes`);
  }
}
await watchdog.stop();
console.log(`done: ${ends.taken} taken, ${ends.refused} refused, nothing else (seed ${seed})`);
