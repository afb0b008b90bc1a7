import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryChecker } from "./api/query_check.ts";

const SEED = 20_261_126;
/** Some of every operation. */
const EACH = 8;

test("any form and any link is answered in time and in XML, and a refused one changes nothing", async () => {
  await using checker = await QueryChecker.open();
  const ends = { taken: 0, refused: 0 };
  const requests = checker.operations * EACH;
  for (let at = 0; at < requests; at++) {
    try {
      ends[await checker.check(SEED, at)]++;
    } catch (cause) {
      throw new Error(`request ${at} of seed ${SEED}`, { cause });
    }
  }
  // Requests that all end alike would show that they are too tame or too wild.
  assert.ok(ends.taken > requests / 20 && ends.refused > requests / 4, JSON.stringify(ends));
});
