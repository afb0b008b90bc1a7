import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal, runtime, standIn } from "./stand_in.ts";

const ID = "d-AAAAAAAAA";
const explained = {
  deploymentId: ID,
  status: "InProgress",
  state: ["web-1 runs ApplicationStart since 2026-11-25 12:00:00 UTC, 42 s", "0 of 2 hosts done"],
  next: [`runtime logs ${ID} -f`, `runtime stop ${ID}`],
};

test("explain shows what a deployment waits for, and succeeds whatever became of it", async () => {
  await using server = await standIn({ ExplainDeployment: () => explained });
  const done = await runtime(["explain", ID], server);
  assert.equal(
    done.out,
    `Deployment ${ID} is InProgress
  state     ${explained.state.join("; ")}
  next      runtime logs ${ID} -f
            runtime stop ${ID}
`,
  );
  assert.deepEqual([done.code, done.err], [0, ""]);
  assert.deepEqual(server.asked, [{ operation: "ExplainDeployment", input: { deploymentId: ID } }]);
});

test("explain --json is the server's answer on one line, the tree of causes with it", async () => {
  const because = [{ kind: "host", text: "web-1 failed Install", evidence: ["no space"] }];
  const failed = { ...explained, status: "Failed", cause: { kind: "rule", text: "1", because } };
  await using server = await standIn({ ExplainDeployment: () => failed });
  const { code, out } = await runtime(["explain", ID, "--json"], server);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), failed);
  assert.equal(out.trim().split("\n").length, 1);
});

test("a deployment that does not exist is no explanation", async () => {
  await using server = await standIn({
    ExplainDeployment: () => {
      throw new Refusal("DeploymentDoesNotExistException", `No deployment found for id: ${ID}`);
    },
  });
  const done = await runtime(["explain", ID], server);
  assert.notEqual(done.code, 0);
  assert.match(done.err, /No deployment found/);
});
