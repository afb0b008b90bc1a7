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
  ["codedeploy-local", ["-v"], ["agent", "run-local", "-v"]],
  ["codedeploy-local", ["--version"], ["agent", "run-local", "--version"]],
  ["/usr/bin/codedeploy-agent", ["start"], ["codedeploy-agent", "start"]],
  ["codedeploy-agent", ["stop", "--config", "c.yml"], [
    "codedeploy-agent",
    "stop",
    "--config",
    "c.yml",
  ]],
  ["codedeploy-agent", ["deploy-local", "-l", "b"], ["agent", "run-local", "-l", "b"]],
  ["codedeploy-agent", ["-v"], ["--version"]],
  ["codedeploy-agent", [], ["codedeploy-agent", "--help"]],
  // The file itself may have the name; the agent that it starts is then started under it, too.
  ["/opt/codedeploy-agent", ["agent", "--config", "c.yml"], ["agent", "--config", "c.yml"]],
];
for (const [name, words, expected] of table) {
  test(`spec ${name.endsWith("local") ? "12.5" : "12.7"} ${[name, ...words].join(" ")} is runtime ${expected.join(" ")}`, () => {
    assert.deepEqual(argumentsUnder(name, words), expected);
  });
}
