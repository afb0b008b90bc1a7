import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Deployment,
  type DeploymentRequest,
  NO_TARGETS,
} from "../../core/domain/deployment.ts";
import type { AutoRollbackEvent } from "../../core/domain/deployment_group.ts";
import { chooseRollback, type LastSuccess, rollbackMessages } from "../../core/rollout/rollback.ts";
import { request, revision } from "./letters.ts";

type Ended = Parameters<typeof chooseRollback>[0];

const last: LastSuccess = {
  id: "d-GOOD00000",
  request: request({
    revision: revision("good.zip"),
    artifact: { version: "v1", sha256: "aa", size: 1, eTag: "e1" },
    fileExistsBehavior: "RETAIN",
    description: "the good one",
  }),
};

const on = (...events: AutoRollbackEvent[]) => ({ autoRollback: { enabled: true, events } });
const off = { autoRollback: { enabled: false, events: ["DEPLOYMENT_FAILURE" as const] } };
const byAlarm = {
  at: 1,
  rollback: false,
  error: { code: "ALARM_ACTIVE", message: "the alarm errors is active" },
} as const;
const byRequest = { at: 1, rollback: true };
const bySomebody = { at: 1, rollback: false };

function ended(
  status: Deployment["status"],
  changes: Partial<DeploymentRequest>,
  stop?: Deployment["stop"],
): Ended {
  return {
    id: "d-BAD000000",
    status,
    request: request(changes),
    overview: { ...NO_TARGETS, Failed: 1, Skipped: 2 },
    ...(stop && { stop }),
  };
}

const table: [what: string, Ended, kind: "start" | "none"][] = [
  ["a failure with its rule", ended("Failed", on("DEPLOYMENT_FAILURE")), "start"],
  ["a failure with another rule", ended("Failed", on("DEPLOYMENT_STOP_ON_REQUEST")), "none"],
  ["a failure with rules switched off", ended("Failed", off), "none"],
  ["a failure without rules", ended("Failed", {}), "none"],
  ["a stop that asks for it", ended("Stopped", {}, byRequest), "start"],
  ["a stop that asks for it, rules off", ended("Stopped", off, byRequest), "start"],
  ["a stop that does not ask", ended("Stopped", {}, bySomebody), "none"],
  ["a stop with its rule", ended("Stopped", on("DEPLOYMENT_STOP_ON_REQUEST"), bySomebody), "start"],
  ["a stop with another rule", ended("Stopped", on("DEPLOYMENT_FAILURE"), bySomebody), "none"],
  ["trap 27: a stop by nobody's request", ended("Stopped", on("DEPLOYMENT_FAILURE")), "none"],
  [
    "trap 27: the rule for requests does not take it",
    ended("Stopped", on("DEPLOYMENT_STOP_ON_REQUEST")),
    "none",
  ],
  [
    "trap 27: an alarm, with its rule",
    ended("Stopped", on("DEPLOYMENT_STOP_ON_ALARM"), byAlarm),
    "start",
  ],
  [
    "trap 27: an alarm, with the rule for requests",
    ended("Stopped", on("DEPLOYMENT_STOP_ON_REQUEST"), byAlarm),
    "none",
  ],
  ["a success", ended("Succeeded", on("DEPLOYMENT_FAILURE")), "none"],
  [
    "a failed rollback",
    ended("Failed", { ...on("DEPLOYMENT_FAILURE"), creator: "codeDeployRollback" }),
    "none",
  ],
  [
    "a stopped rollback, though asked for",
    ended("Stopped", { creator: "codeDeployRollback" }, byRequest),
    "none",
  ],
];
for (const [what, deployment, kind] of table) {
  test(`rollback after ${what}: ${kind}`, () => {
    assert.equal(chooseRollback(deployment, last).kind, kind);
  });
}

const EVERY_HOST = {
  name: "every-host",
  config: { minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 } },
};

test("a rollback takes the last good revision and its file behaviour, all else as it was", () => {
  const bad = ended("Failed", {
    ...on("DEPLOYMENT_FAILURE"),
    artifact: { version: "v2", sha256: "bb", size: 2, eTag: "e2" },
    description: "the bad one",
    ignoreApplicationStopFailures: true,
    updateOutdatedInstancesOnly: true,
  });
  const choice = chooseRollback(bad, last);
  assert.deepEqual(choice.kind === "start" && choice.request, {
    ...request(on("DEPLOYMENT_FAILURE")),
    config: { ...bad.request.config, strategy: EVERY_HOST },
    revision: revision("good.zip"),
    artifact: last.request.artifact,
    previousRevision: revision("new.zip"),
    fileExistsBehavior: "RETAIN",
    ignoreApplicationStopFailures: true,
    updateOutdatedInstancesOnly: true,
    creator: "codeDeployRollback",
    rollbackOf: "d-BAD000000",
    reuseArchiveOf: last.id,
  });
});

test("trap 47: a rollback does not go by zones, nor by the steps of a strategy", () => {
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 2 } as const;
  const zonalConfig = { monitorDurationInSeconds: 60 };
  const own = { id: "1", name: "own", computePlatform: "Server", createTime: 1 } as const;
  const configs = [
    { ...own, minimumHealthyHosts, zonalConfig },
    { ...own, minimumHealthyHosts, strategy: { name: "canary", config: { steps: [] } } },
  ];
  for (const config of configs) {
    const choice = chooseRollback(ended("Failed", { ...on("DEPLOYMENT_FAILURE"), config }), last);
    assert.ok(choice.kind === "start");
    const strategy = { name: "every-host", config: { minimumHealthyHosts } };
    assert.deepEqual(choice.request.config, { ...own, minimumHealthyHosts, strategy });
  }
});

test("a bundle that is not in the server's store is not replaced by the broken one's", () => {
  const { artifact: _ours, ...elsewhere } = last.request;
  const bad = ended("Failed", {
    ...on("DEPLOYMENT_FAILURE"),
    artifact: { version: "v2", sha256: "bb", size: 2, eTag: "e2" },
  });
  const choice = chooseRollback(bad, { ...last, request: elsewhere });
  assert.equal(choice.kind === "start" && "artifact" in choice.request, false);
});

test("a rollback that cannot be says why, when one was asked for", () => {
  const failed = ended("Failed", on("DEPLOYMENT_FAILURE"));
  assert.deepEqual(chooseRollback(failed, undefined), {
    kind: "impossible",
    message: "The deployment group has no earlier successful deployment to roll back to.",
  });
  const untouched = { ...failed, overview: { ...NO_TARGETS, Skipped: 3 } };
  assert.deepEqual(chooseRollback(untouched, last), {
    kind: "impossible",
    message: "No host was changed, so there is nothing to roll back.",
  });
  const style = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } as const;
  const ready = { ...ended("Stopped", { style }, byRequest), overview: untouched.overview };
  assert.deepEqual(chooseRollback(ready, last), {
    kind: "impossible",
    message: "No traffic was shifted: the original hosts serve as before, so there is nothing to " +
      "roll back.",
  });
  const restart = ended("Failed", { ...on("DEPLOYMENT_FAILURE"), restartOf: last.id });
  assert.deepEqual(chooseRollback(restart, last), {
    kind: "impossible",
    message: "A restart changes no revision, so there is nothing to roll back to.",
  });
  assert.equal(chooseRollback(ended("Failed", {}), undefined).kind, "none");
});

test("after a restart the revision that it ran is rolled back to as any other", () => {
  const restarted = { ...last, request: { ...last.request, restartOf: "d-GOOD00000" } };
  const choice = chooseRollback(ended("Failed", on("DEPLOYMENT_FAILURE")), restarted);
  assert.deepEqual(choice.kind === "start" && choice.request.revision, revision("good.zip"));
  assert.equal(choice.kind === "start" && "restartOf" in choice.request, false);
});

test("one host that succeeded is enough to be taken back", () => {
  const stopped = ended("Stopped", {}, byRequest);
  const overview = { ...NO_TARGETS, Succeeded: 1, Skipped: 2 };
  assert.equal(chooseRollback({ ...stopped, overview }, last).kind, "start");
});

test("both deployments carry CodeDeploy's words, naming each other", () => {
  assert.deepEqual(rollbackMessages("d-X", "d-Y"), {
    ended: "Deployment d-X terminated. Automatic rollback is triggered with a DeploymentId d-Y.",
    rollback: "Deployment d-Y is triggered to roll back deployment d-X.",
  });
});
