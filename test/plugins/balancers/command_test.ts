/** The balancer `command` with real commands. @module */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import command from "../../../plugins/balancers/command.ts";
import { step, temporaryFolder } from "./programs.ts";
import { setUp } from "./rolling.ts";

const HOST = { host: { name: "web-1", tags: [{ Key: "zone", Value: "a" }] } };

function shell(script: string): string[] {
  return ["/bin/sh", "-c", script];
}

test("command: it learns of event, host and deployment, and its lines go to the log", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "told");
  const tell = shell(
    `echo "$EVENT $HOST $TAGS $DEPLOYMENT_ID $APPLICATION_NAME $DEPLOYMENT_GROUP_NAME" >>${file}; ` +
      `echo one; echo; echo two`,
  );
  const { ctx, lines } = step();
  const { block, allow, check } = setUp(command, { block: tell, allow: tell, check: tell });
  await check(HOST, ctx);
  await block(HOST, ctx);
  await allow(HOST, ctx);
  assert.deepEqual(readFileSync(file, "utf8").trim().split("\n"), [
    'check web-1 {"zone":"a"} d-1 shop web',
    'block web-1 {"zone":"a"} d-1 shop web',
    'allow web-1 {"zone":"a"} d-1 shop web',
  ]);
  assert.deepEqual(lines, ["one", "two", "one", "two", "one", "two"]);
});

test("command: a failure gives the exit code and the last lines of standard error", async () => {
  const fail = shell("for n in 1 2 3 4 5 6; do echo line $n >&2; done; exit 3");
  const { block, allow } = setUp(command, { block: fail, allow: shell("exit 1") });
  await assert.rejects(
    block(HOST),
    /could not block web-1, exit code 3: line 2 \| line 3 \| line 4 \| line 5 \| line 6\. Try it/,
  );
  await assert.rejects(
    allow(HOST),
    /exit code 1: nothing on standard error\. Try it by hand: EVENT=/,
  );
});

test("command: one that does not end, or is not there, fails; without a check nothing runs", async () => {
  const config = { block: ["sleep", "60"], allow: ["/no/such/program"], timeoutSeconds: 0.2 };
  const { block, allow, check } = setUp(command, config);
  await assert.rejects(block(HOST), /sleep 60 had not ended after 0.2 s/);
  await assert.rejects(allow(HOST), /\/no\/such\/program cannot be started/);
  await check(HOST);
});
