import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { similar, suggestion } from "../../core/domain/similar.ts";

const NAMES = ["GetApplication", "GetDeployment", "ListApplications", "StopDeployment"];

const table: [typed: string, near: string[]][] = [
  ["GetAplication", ["GetApplication"]],
  ["getdeployment", ["GetDeployment"]],
  ["GetDeploy", ["GetDeployment"]],
  ["ListApplication", ["ListApplications"]],
  ["Fly", []],
];
for (const [typed, near] of table) {
  test(`"${typed}" comes near to ${near.join(", ") || "nothing"}`, () => {
    assert.deepEqual(similar(typed, NAMES), near);
  });
}

test("nothing is suggested when no name is near", () => {
  assert.deepEqual(suggestion("Fly", NAMES), []);
  assert.deepEqual(suggestion("GetAplication", NAMES), ["did you mean GetApplication?"]);
});

test("a name itself, in any case, is always the first that is near", () => {
  fc.assert(fc.property(fc.constantFrom(...NAMES), fc.boolean(), (name, upper) => {
    assert.equal(similar(upper ? name.toUpperCase() : name, NAMES)[0], name);
  }));
});
