/**
 * `deno task kills [KILLS] [SEED]`: kills the server and agents of the compiled binary at moments
 * drawn from a seed, round after round, until there were so many kills (200), and holds every
 * deployment against the laws. A round that breaks one prints its story and its seed, which plays
 * the same plan again: `deno task kills 1 SEED`.
 * @module
 */
import process from "node:process";
import { planOf } from "./plan.ts";
import { randomFrom } from "./random.ts";
import { play, type Played } from "./round.ts";

const wanted = Number(process.argv[2] ?? 200);
const first = Number(process.argv[3] ?? Math.floor(Math.random() * 1_000_000));
if (!(wanted >= 1) || Number.isNaN(first)) throw new Error("deno task kills [KILLS] [SEED]");

/** Nobody reads more of them at a time. */
const BROKEN_AT_MOST = 5;

let kills = 0;
let broken = 0;
const moments: Record<string, number> = {};
const ends: Record<string, number> = {};
const started = performance.now();
let seed = first;
for (; kills < wanted && broken < BROKEN_AT_MOST; seed++) {
  const played = await play(planOf(seed), randomFrom(seed));
  kills += played.kills;
  add(moments, played.moments);
  add(ends, played.ends);
  console.log(`seed ${seed}: ${played.kills} kills, ${kills} of ${wanted}`);
  if (played.complaints.length === 0) continue;
  broken++;
  report(seed, played);
}
const seconds = Math.round((performance.now() - started) / 1000);
const rounds = seed - first;
console.log(JSON.stringify({ kills, rounds, broken, seconds, seed: first, moments, ends }));
process.exitCode = broken === 0 ? 0 : 1;

function report(seed: number, { story, complaints }: Played): void {
  console.error(`seed ${seed} broke a law; play it again: deno task kills 1 ${seed}`);
  for (const line of story) console.error(`  ${line}`);
  for (const complaint of complaints) console.error(`  ! ${complaint}`);
}

function add(sums: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count;
}
