import assert from "node:assert/strict";
import { test } from "node:test";
import alarm from "../../../plugins/alarms/command.ts";
import { configFault, read } from "../plugin_call.ts";

const sh = (script: string, ...words: string[]) => ["/bin/sh", "-c", script, ...words];

const readings: [what: string, command: string[], state: string, reason: string][] = [
  ["exit code 0", sh("echo; echo all well; echo"), "OK", "exit code 0: all well"],
  ["exit code 1", sh("echo 3 errors; exit 1"), "ALARM", "exit code 1: 3 errors"],
  ["exit code 2", sh("echo no answer >&2; exit 2"), "UNKNOWN", "exit code 2: no answer"],
  ["a signal", sh("kill -TERM $$"), "UNKNOWN", "exit code 143"],
  [
    "what it learns about the deployment",
    sh('echo "$1 $DEPLOYMENT_ID $APPLICATION_NAME $DEPLOYMENT_GROUP_NAME"', "sh", "for-{group}"),
    "OK",
    "exit code 0: for-web d-SHOP00001 shop web",
  ],
];
for (const [what, command, state, reason] of readings) {
  test(`an alarm by a program is ${state}: ${what}`, async () => {
    assert.deepEqual(await read(alarm, { command }), {
      state,
      reason: `/bin/sh ended with ${reason}`,
    });
  });
}

test("a program that is not there or does not end throws, which is UNKNOWN", async () => {
  await assert.rejects(read(alarm, { command: ["/no/such/program"] }), {
    message: /\/no\/such\/program cannot be started/,
  });
  await assert.rejects(read(alarm, { command: ["sleep", "60"], timeoutSeconds: 0.1 }), {
    message: /sleep 60 had not ended after 0.1 s/,
  });
});

test("a config has a program", () => {
  assert.equal(configFault(alarm, { command: ["true"] }), undefined);
  assert.notEqual(configFault(alarm, { command: [] }), undefined);
  assert.notEqual(configFault(alarm, { command: "true" }), undefined);
});
