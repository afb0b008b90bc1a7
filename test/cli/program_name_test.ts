import assert from "node:assert/strict";
import { test } from "node:test";
import { argumentsUnder } from "../../core/cli/program_name.ts";

const table: [name: string, words: string[], expected: string[]][] = [
  ["/usr/local/bin/runtime", ["agent", "-v"], ["agent", "-v"]],
  ["/opt/bin/codedeploy-local", [], ["agent", "run-local"]],
  ["codedeploy-local", ["-l", "a.tgz", "-t", "tgz"], [
    "agent",
    "run-local",
    "-l",
    "a.tgz",
    "-t",
    "tgz",
  ]],
  ["codedeploy-local", ["-h"], ["agent", "run-local", "-h"]],
  ["codedeploy-local", ["-v"], ["--version"]],
  ["codedeploy-local", ["--version"], ["--version"]],
];
for (const [name, words, expected] of table) {
  test(`spec 12.5 ${[name, ...words].join(" ")} is runtime ${expected.join(" ")}`, () => {
    assert.deepEqual(argumentsUnder(name, words), expected);
  });
}
