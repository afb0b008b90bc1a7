import { test } from "node:test";
import assert from "node:assert/strict";
import { caseChecker } from "./check.ts";
import { randomFrom } from "../random_numbers.ts";
import { nextCase } from "./mutate.ts";

const SEED = 20_260_101;
const CASES = 2_000;

test("2000 mutated bundles and AppSpecs are taken or refused, and change nothing else", async () => {
  await using checker = await caseChecker();
  const random = randomFrom(SEED);
  const ends = { taken: 0, refused: 0 };
  for (let at = 0; at < CASES; at++) {
    const next = nextCase(random, at);
    try {
      ends[await checker.check(next)]++;
    } catch (cause) {
      throw new Error(`case ${at} of seed ${SEED} (${next.kind})`, { cause });
    }
  }
  // Mutants that are all of one kind would show that the mutations are too weak or too strong.
  assert.ok(ends.taken > CASES / 100 && ends.refused > CASES / 4, JSON.stringify(ends));
});
