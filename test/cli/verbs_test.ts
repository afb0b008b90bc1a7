import { test } from "node:test";
import assert from "node:assert/strict";
import { deployment, log } from "./story.ts";
import { Refusal, runtime, standIn } from "./stand_in.ts";

const s3 = (key: string) => ({
  revisionType: "S3",
  s3Location: { bucket: "revisions", key, bundleType: "tgz" },
});

function info(deploymentId: string, more = {}) {
  return {
    deploymentId,
    applicationName: "shop",
    deploymentGroupName: "production",
    deploymentConfigName: "CodeDeployDefault.OneAtATime",
    status: "Succeeded",
    revision: s3(`${deploymentId}.tgz`),
    createTime: 1_700_000_000,
    completeTime: 1_700_000_042.5,
    ...more,
  };
}

test("status lists the ten latest, in the order of the server", async () => {
  const ids = Array.from({ length: 30 }, (_, index) => `d-${String(index).padStart(9, "0")}`);
  await using server = await standIn({
    ListDeployments: () => ({ deployments: ids, nextToken: "more" }),
    BatchGetDeployments: ({ deploymentIds }) => ({
      deploymentsInfo: (deploymentIds as string[]).map((id) => info(id)).reverse(), // because it is what the client sends
    }),
  });
  const ran = await runtime(["status"], server);
  const lines = ran.out.trim().split("\n");
  assert.equal(lines.length, 11);
  assert.match(lines[1]!, /^d-000000000 {2}Succeeded {2}shop\/production {2}s3:.* 4[23] s$/);
  assert.match(lines[10]!, /^d-000000009 /);
  assert.equal(server.asked.length, 2, "one page, one batch");
  const argv = ["status", "--app", "shop", "--group", "production", "--json"];
  const { deployments } = JSON.parse((await runtime(argv, server)).out);
  assert.equal(deployments.length, 10);
  assert.deepEqual(server.asked[2]?.input, {
    applicationName: "shop",
    deploymentGroupName: "production",
  });
});

test("status of a deployment shows hosts, events and what went wrong, 25 hosts a call", async () => {
  const names = Array.from({ length: 30 }, (_, index) => `web-${index}`);
  const target = (targetId: string) => ({
    deploymentTargetType: "InstanceTarget",
    instanceTarget: {
      targetId,
      status: "Failed",
      lifecycleEvents: [
        { lifecycleEventName: "Install", status: "Succeeded", startTime: 10, endTime: 10.25 },
        {
          lifecycleEventName: "ApplicationStart",
          status: "Failed",
          startTime: 11,
          endTime: 23,
          diagnostics: {
            errorCode: "ScriptFailed",
            scriptName: "start.sh",
            message: "exit code 7\nthe port is taken",
            logTail: "[stderr]no port\n",
          },
        },
        { lifecycleEventName: "ValidateService", status: "Skipped" },
      ],
    },
  });
  await using server = await standIn({
    GetDeployment: ({ deploymentId }) => ({
      deploymentInfo: info(String(deploymentId), {
        status: "Failed",
        deploymentMode: "RESTART",
        errorInformation: { code: "HEALTH_CONSTRAINTS", message: "too many" },
        rollbackInfo: { rollbackMessage: "rolled back by d-X" },
      }),
    }),
    ListDeploymentTargets: ({ nextToken }) =>
      nextToken
        ? { targetIds: names.slice(28) }
        : { targetIds: names.slice(0, 28), nextToken: "t" },
    BatchGetDeploymentTargets: ({ targetIds }) => ({
      deploymentTargets: (targetIds as string[]).map(target), // because it is what the client sends
    }),
  });
  const ran = await runtime(["status", "d-AAAAAAAAA"], server);
  const text = ran.out;
  assert.match(text, /^d-AAAAAAAAA {2}Failed\n {2}group {5}shop\/production\n/);
  assert.match(text, /\n {2}mode {6}RESTART\n/);
  assert.match(text, /error {5}HEALTH_CONSTRAINTS: too many\n {2}rollback {2}rolled back by d-X\n/);
  assert.ok(
    text.includes(`  web-29  Failed
    Install           Succeeded  0.3 s
    ApplicationStart  Failed     12 s
      ScriptFailed  start.sh  exit code 7
      the port is taken
      | [stderr]no port
    ValidateService   Skipped
`),
    text,
  );
  const sizes = server.asked.filter(({ operation }) => operation === "BatchGetDeploymentTargets")
    .map(({ input }) => (input["targetIds"] as string[]).length); // because it is what the client sends
  assert.deepEqual(sizes, [25, 3, 2]);
});

test("status of a deployment that has not started shows no hosts", async () => {
  await using server = await standIn({
    GetDeployment: () => ({ deploymentInfo: info("d-AAAAAAAAA", { status: "Created" }) }),
    ListDeploymentTargets: () => {
      throw new Refusal("DeploymentNotStartedException", "not yet");
    },
  });
  const { deployment: shown, targets } = JSON.parse(
    (await runtime(["status", "d-AAAAAAAAA", "--json"], server)).out,
  );
  assert.deepEqual([shown.status, targets], ["Created", []]);
});

test("status --json prints what the server said, at every depth", async () => {
  const answer = info("d-AAAAAAAAA", {
    errorInformation: { code: "HEALTH_CONSTRAINTS", message: "too many", more: 1 },
    rollbackInfo: { rollbackMessage: "no", more: 1 },
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  });
  const instanceTarget = {
    targetId: "web-1",
    status: "Failed",
    lifecycleEvents: [{
      lifecycleEventName: "Install",
      status: "Failed",
      more: 1,
      diagnostics: { errorCode: "UnknownError", message: "disk full", more: 1 },
    }],
  };
  await using server = await standIn({
    GetDeployment: () => ({ deploymentInfo: answer }),
    ListDeploymentTargets: () => ({ targetIds: ["web-1"] }),
    BatchGetDeploymentTargets: () => ({ deploymentTargets: [{ instanceTarget }] }),
    StopDeployment: () => ({ status: "Succeeded", more: 1 }),
  });
  const ran = await runtime(["status", "d-AAAAAAAAA", "--json"], server);
  assert.deepEqual(JSON.parse(ran.out), { deployment: answer, targets: [instanceTarget] });
  const stopped = await runtime(["stop", "d-AAAAAAAAA", "--json"], server);
  assert.equal(JSON.parse(stopped.out).more, 1);
});

test("logs prints every page, of one host when asked, and harmless", async () => {
  const chunk = (sequence: number, host: string, text: string) => {
    const { kind: _kind, deploymentId: _id, ...rest } = log("d-A", host, sequence, text);
    return rest;
  };
  await using server = await standIn({
    ListDeploymentTargets: () => ({ targetIds: ["web-1", "web-2"] }),
    GetDeploymentLogs: ({ after }) =>
      after === 0
        ? { chunks: [chunk(1, "web-1", "one"), chunk(2, "web-2", "\x1b]0;evil\x07two")], next: 2 }
        : { chunks: [chunk(3, "web-1", "three")] },
  });
  const ran = await runtime(["logs", "d-A"], server);
  assert.equal(
    ran.out.replaceAll(/^\d\d:\d\d:\d\d /gm, ""),
    "web-1 | ApplicationStart | one\nweb-2 | ApplicationStart | ]0;eviltwo\nweb-1 | ApplicationStart | three\n",
  );
  const one = await runtime(["logs", "d-A", "--host", "web-1", "--json"], server);
  assert.deepEqual(one.out.trim().split("\n").map((line) => JSON.parse(line).text), [
    "one",
    "three",
  ]);
  assert.equal(server.asked.at(-1)?.input["targetId"], "web-1");
});

test("logs -f goes on until the deployment ends", async () => {
  await using server = await standIn({
    ListDeploymentTargets: () => ({ targetIds: ["web-1", "web-2", "web-9"] }),
  });
  server.events.set("d-A", [[
    deployment("d-A", "InProgress"),
    log("d-A", "web-1", 5, "live"),
    log("d-A", "web-2", 6, "other"),
    deployment("d-A", "Succeeded"),
  ]]);
  const ran = await runtime(["logs", "d-A", "-f", "--host", "web-1"], server);
  assert.match(ran.out, /^\d\d:\d\d:\d\d web-1 \| ApplicationStart \| live\n$/);
  const none = await runtime(["logs", "d-A", "-f", "--host", "web-9"], server);
  assert.match(none.err, /No output of d-A on web-9.*runtime status d-A/);
});

test("logs of a host that the deployment does not have names those it has", async () => {
  await using server = await standIn({
    ListDeploymentTargets: ({ nextToken }) =>
      nextToken ? { targetIds: ["web-3"] } : { targetIds: ["web-1", "web-2"], nextToken: "t" },
  });
  for (const more of [[], ["-f"], ["--json"]]) {
    const ran = await runtime(["logs", "d-A", "--host", "web-9", ...more], server);
    assert.equal(ran.code, 2);
    assert.match(ran.err, /Deployment d-A has no host .*web-9/);
    assert.match(ran.err, /its hosts: web-1, web-2, web-3/);
  }
  assert.deepEqual(server.streams, [], "a stream is not opened in vain");
});

test("logs of a deployment that has not started knows its hosts when it was followed", async () => {
  let started = false;
  await using server = await standIn({
    ListDeploymentTargets: () => {
      if (!started) throw new Refusal("DeploymentNotStartedException", "not yet");
      return { targetIds: ["web-1"] };
    },
    GetDeploymentLogs: () => {
      started = true;
      return { chunks: [] };
    },
  });
  server.events.set("d-A", [[deployment("d-A", "Succeeded")]]);
  const followed = await runtime(["logs", "d-A", "-f", "--host", "web-9"], server);
  assert.equal(followed.code, 2);
  assert.match(followed.err, /has no host "web-9"\n.*its hosts: web-1/);
  started = false;
  const early = await runtime(["logs", "d-A", "--host", "web-9"], server);
  assert.equal(early.code, 0);
  assert.match(early.err, /^No output of d-A on web-9/);
});

test("stop asks for a rollback unless told not to", async () => {
  await using server = await standIn({
    StopDeployment: () => ({ status: "Pending", statusMessage: "stopping" }),
  });
  const ran = await runtime(["stop", "d-A"], server);
  assert.match(ran.out, /^Stopping d-A: .*runtime status d-A\n$/);
  const json = await runtime(["stop", "d-A", "--no-rollback", "--json"], server);
  assert.deepEqual(JSON.parse(json.out), {
    deploymentId: "d-A",
    status: "Pending",
    statusMessage: "stopping",
  });
  assert.deepEqual(server.asked.map(({ input }) => input), [
    { deploymentId: "d-A", autoRollbackEnabled: true },
    { deploymentId: "d-A", autoRollbackEnabled: false },
  ]);
});

test("rollback deploys the newest other revision that succeeded", async () => {
  const history = [
    info("d-3", { revision: s3("new.tgz") }),
    info("d-2", { revision: s3("old.tgz"), fileExistsBehavior: "RETAIN" }),
    info("d-1", { revision: s3("older.tgz") }),
  ];
  await using server = await standIn({
    GetDeployment: () => ({ deploymentInfo: info("d-4", { revision: s3("new.tgz") }) }),
    GetDeploymentGroup: () => ({ deploymentGroupInfo: { targetRevision: s3("old.tgz") } }),
    ListDeployments: () => ({ deployments: ["d-3", "d-2", "d-1"] }),
    BatchGetDeployments: () => ({ deploymentsInfo: history }),
    CreateDeployment: () => ({ deploymentId: "d-5" }),
  });
  const sent = () => server.asked.find(({ operation }) => operation === "CreateDeployment")?.input;
  const ran = await runtime(["rollback", "d-4", "--no-wait"], server);
  assert.equal(
    ran.out,
    "Rolling back to s3://revisions/old.tgz\nCreated d-5. Follow it: runtime logs d-5 -f\n",
  );
  assert.deepEqual(sent(), {
    applicationName: "shop",
    deploymentGroupName: "production",
    revision: s3("old.tgz"),
    description: "Rollback of d-4",
    fileExistsBehavior: "RETAIN",
  });
  assert.deepEqual(server.asked[1]?.input["includeOnlyStatuses"], ["Succeeded"]);
  server.asked.length = 0;
  server.events.set("d-5", [[deployment("d-5", "Succeeded")]]);
  const group = await runtime(["rollback", "--app", "shop", "--group", "production"], server);
  assert.equal(group.code, 0);
  assert.deepEqual(sent()?.["revision"], s3("new.tgz"), "the newest that is not the present one");
  history.splice(1);
  const nothing = await runtime(["rollback", "d-4"], server);
  assert.equal(nothing.code, 2);
  assert.match(nothing.err, /^Nothing to roll back to: no other revision ever succeeded/);
});

test("token create prints the token alone on stdout", async () => {
  await using server = await standIn({
    CreateJoinToken: () => ({ token: "T0K3N", expiresAt: 1_700_000_000 }),
  });
  const ran = await runtime(["token", "create", "--expires", "600"], server);
  assert.equal(ran.out, "T0K3N\n");
  assert.ok(ran.err.includes(`runtime agent join ${server.url} --token T0K3N --name NAME`));
  const json = await runtime(["token", "create", "--json"], server);
  assert.equal(json.out, '{"token": "T0K3N", "expiresAt": 1700000000}\n');
  assert.deepEqual(server.asked.map(({ input }) => input), [{ expiresInSeconds: 600 }, {}]);
});

test("an answer that is not understood says so, and that the operation was done", async () => {
  await using server = await standIn({ StopDeployment: () => ({ status: "Maybe" }) });
  const ran = await runtime(["stop", "d-A"], server);
  assert.equal(ran.code, 1);
  assert.match(
    ran.err,
    /answered CodeDeploy_20141006\.StopDeployment with something[\s\S]*status: /,
  );
});
