/**
 * Whether the tests of the decisions can fail: each mutant is a small mistake in one place, and a
 * test must find it. A mutant whose place has gone fails by its name; give it another.
 * @module
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Mutant, Trials } from "./trial.ts";

export function tryMutants(mutants: readonly Mutant[]): void {
  const trials = new Trials();
  after(() => trials[Symbol.dispose]());
  test("the tests pass where nothing is changed", async () => {
    const tests = new Set(mutants.flatMap((mutant) => mutant.tests));
    assert.equal(await trials.firstFailure([...tests]), undefined);
  });
  for (const { file, text, becomes, tests } of mutants) {
    const change = becomes === "" ? "is left out" : `becomes ${becomes}`;
    test(`${file}: a test fails when ${text} ${change}`, async () => {
      const failed = await trials.firstFailure(tests, { file, text, becomes });
      assert.ok(failed !== undefined, "every test passed");
    });
  }
}
