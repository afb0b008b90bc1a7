/** `deno task model FLEETS SEED` plays more of the same. @module */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { compareModels } from "./compare_models.ts";

const FLEETS = 20_000;

test("every decision is that of the rules read one by one, on random fleets to their end", () => {
  const { decisions } = compareModels(FLEETS, randomInt(2 ** 31));
  assert.ok(decisions > 5 * FLEETS, `${decisions} decisions are few for ${FLEETS} fleets`);
});
