/**
 * Ends the whole process when no case has ended for too long: a loop that never yields cannot be
 * ended from its own thread. Seed and case number, which it prints, are enough to repeat the case.
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { z } from "zod";

const CHECK_MS = 1_000;
const Given = z.object({ seed: z.number(), beats: z.instanceof(SharedArrayBuffer) });

/** Starts the thread; call what it gives with the number of each case before it is tried. */
export function watch(seed: number): { beat(at: number): void; stop(): Promise<unknown> } {
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { seed, beats } });
  return { beat: (at) => Atomics.store(counter, 0, at), stop: () => worker.terminate() };
}

/** Longer than the deadline of a case that yields. */
const SILENT_MS = 20_000;

function guard({ seed, beats }: z.infer<typeof Given>): void {
  const counter = new Int32Array(beats);
  let [latest, since] = [-1, performance.now()];
  setInterval(() => {
    const at = Atomics.load(counter, 0);
    if (at !== latest) [latest, since] = [at, performance.now()];
    if (performance.now() - since < SILENT_MS) return;
    console.error(`case ${at} of seed ${seed} hangs`);
    process.kill(process.pid, "SIGKILL");
  }, CHECK_MS);
}

if (!isMainThread) guard(Given.parse(workerData));
