import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal, runtime, standIn } from "./stand_in.ts";
import { deployment, host, ran, scriptFailed } from "./story.ts";

const RESTART = ["restart", "--app", "shop", "--group", "production"];
const ID = "d-AAAAAAAAA";

function created() {
  return standIn({ CreateDeployment: () => ({ deploymentId: ID }) });
}

test("restart asks for no revision, and follows the deployment to its end", async () => {
  await using server = await created();
  server.events.set(ID, [[
    deployment(ID, "InProgress"),
    host(ID, "web-1", "Succeeded", [
      ran("ApplicationStop", 0, 100),
      ran("ApplicationStart", 0, 200),
    ]),
    deployment(ID, "Succeeded"),
  ]]);
  const done = await runtime(RESTART, server);
  assert.deepEqual([done.code, done.err], [0, ""]);
  assert.deepEqual(server.asked[0], {
    operation: "CreateDeployment",
    input: {
      applicationName: "shop",
      deploymentGroupName: "production",
      deploymentMode: "RESTART",
    },
  });
  assert.match(done.out, /web-1 ApplicationStart succeeded/);
  assert.match(done.out, new RegExp(`Deployment ${ID} succeeded after 12 s`));
});

test("restart passes its flags on, and --no-wait prints the id alone", async () => {
  await using server = await created();
  const flags = ["--config", "CodeDeployDefault.AllAtOnce", "--description", "why"];
  const more = ["--ignore-application-stop-failures", "--no-wait", "--json"];
  const done = await runtime([...RESTART, ...flags, ...more], server);
  assert.deepEqual(done, { code: 0, out: `{"deploymentId": "${ID}"}\n`, err: "" });
  assert.deepEqual(server.asked[0]?.input, {
    applicationName: "shop",
    deploymentGroupName: "production",
    deploymentMode: "RESTART",
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    description: "why",
    ignoreApplicationStopFailures: true,
  });
});

test("a restart that fails ends with 1 and the four parts", async () => {
  await using server = await created();
  server.operations["GetDeployment"] = () => ({
    deploymentInfo: { deploymentId: ID, status: "Failed", createTime: 0, rollbackInfo: {} },
  });
  server.operations["ExplainDeployment"] = () => ({
    deploymentId: ID,
    status: "Failed",
    cause: { kind: "rule", text: "1 of 1 host failed", because: [{ kind: "host", text: "web-1" }] },
    state: ["nothing was rolled back"],
    next: [`runtime logs ${ID}`],
  });
  server.events.set(ID, [[
    deployment(ID, "InProgress"),
    host(ID, "web-1", "Failed", [scriptFailed("ApplicationStart", 0, 100)]),
    deployment(ID, "Failed"),
  ]]);
  const done = await runtime(RESTART, server);
  assert.equal(done.code, 1, done.err);
  assert.match(
    done.err,
    /failed: 1 of 1 host failed\n {2}evidence {2}web-1\n {2}state .*\n {2}next/,
  );
});

test("a group that has nothing to restart says so and what to do", async () => {
  await using server = await created();
  server.operations["CreateDeployment"] = () => {
    throw new Refusal(
      "RevisionDoesNotExistException",
      "the group has none. Deploy a revision first.",
    );
  };
  const done = await runtime(RESTART, server);
  assert.notEqual(done.code, 0);
  assert.match(done.err, /Deploy a revision first/);
});

test("restart wants an application and a group", async () => {
  const done = await runtime(["restart", "--app", "shop"], { url: "http://127.0.0.1:1" });
  assert.equal(done.code, 2);
  assert.match(done.err, /--group: give the deployment group/);
});
