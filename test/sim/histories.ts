/** The histories that are played with every test run, a part of them in each test file. @module */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Disk } from "./disk.ts";
import { play } from "./history.ts";

/**
 * Each of four files plays its part, so that they are played side by side. A history takes about 35 ms
 * of one core; SIM_PART asks for more of them.
 */
const PART = Number(process.env["SIM_PART"] ?? 400);

export function playPart(part: number): void {
  const from = part * PART + 1;
  test(`no law is broken in the histories ${from} to ${from + PART - 1}`, async () => {
    const disk = new Disk();
    try {
      for (let seed = from; seed < from + PART; seed++) {
        const { broken } = await play(seed, disk);
        const again = `SIM_SEED=${seed} deno test -A --no-check test/sim/sim_test.ts`;
        assert.equal(broken, undefined, `seed ${seed}: ${broken}. See its steps: ${again}`);
      }
    } finally {
      disk.close();
    }
  });
}
