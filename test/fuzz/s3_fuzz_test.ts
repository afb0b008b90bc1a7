import assert from "node:assert/strict";
import { test } from "node:test";
import { S3Checker } from "./api/s3_check.ts";

const SEED = 20_261_127;
const REQUESTS = 600;

test("any request to the artifact store is answered in time and in form, and a refused one leaves nothing", async () => {
  await using checker = await S3Checker.open();
  const ends = { taken: 0, refused: 0 };
  for (let at = 0; at < REQUESTS; at++) {
    try {
      ends[await checker.check(SEED, at)]++;
    } catch (cause) {
      throw new Error(`request ${at} of seed ${SEED}`, { cause });
    }
  }
  // Requests that all end alike would show that they are too tame or too wild.
  assert.ok(ends.taken > REQUESTS / 20 && ends.refused > REQUESTS / 4, JSON.stringify(ends));
});
