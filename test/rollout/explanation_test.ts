import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Deployment,
  type DeploymentStatus,
  NO_TARGETS,
} from "../../core/domain/deployment.ts";
import { AT_THE_START } from "../../core/domain/progress.ts";
import type { Target } from "../../core/domain/target.ts";
import { explain, type Standing } from "../../core/rollout/explanation.ts";
import { request, revision, target } from "./letters.ts";

const NOON = Date.UTC(2026, 10, 25, 12, 0, 0);
const NEW = "s3://b/new.zip";

function deployment(status: DeploymentStatus, changes: Partial<Deployment> = {}): Deployment {
  return {
    id: "d-1",
    applicationId: "a",
    groupId: "g",
    status,
    request: request(),
    createTime: NOON,
    overview: NO_TARGETS,
    rollback: {},
    statusMessages: [],
    ...changes,
  };
}

function busy(id: string, letters: string, changes: Partial<Target["command"]> = {}): Target {
  const command = { id: `d-1/${id}`, nonce: 1, givenAt: NOON, ...changes };
  return { ...target(id, "InProgress", letters), command, lastUpdated: NOON + 18_000 };
}

const running: Target = {
  ...busy("web-1", "SSR", { takenAt: NOON }),
  events: target("web-1", "InProgress", "SSR").events.map((event) =>
    event.status === "InProgress" ? { ...event, startTime: NOON + 30_000 } : event
  ),
};
const { command: _none, ...withoutOrder } = busy("web-4", "S");

const back = (status: DeploymentStatus) =>
  deployment(status, {
    id: "d-2",
    request: request({ revision: revision("old.zip"), rollbackOf: "d-1" }),
    overview: { ...NO_TARGETS, Succeeded: 1, Skipped: 2 },
  });
const rolledBack = { rollback: { rollbackDeploymentId: "d-2" } };
const mixed = [
  target("web-1", "Succeeded"),
  target("web-2", "Failed", "F"),
  target("web-3", "Skipped"),
];
const follow = ["runtime logs d-1 -f", "runtime stop d-1"];

const blueGreen = request({
  style: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
});

type Row = [what: string, Partial<Standing>, state: string[], next: string[]];
const table: Row[] = [
  [
    "waits for another of its group",
    { deployment: deployment("Queued"), before: "d-0" },
    ["waits for the end of d-0 since 2026-11-25 12:00:00 UTC, 1 min 0 s"],
    follow,
  ],
  [
    "runs: what each host is at, and since when",
    {
      deployment: deployment("InProgress"),
      targets: [
        running,
        busy("web-2", "SS", { takenAt: NOON }),
        busy("web-3", ""),
        withoutOrder,
        target("web-5", "Pending"),
        target("web-6", "Succeeded"),
      ],
    },
    [
      "web-1 runs BeforeInstall since 2026-11-25 12:00:30 UTC, 30 s",
      "web-2 has not begun BeforeInstall since 2026-11-25 12:00:18 UTC, 42 s",
      "web-3 has not taken its order since 2026-11-25 12:00:00 UTC, 1 min 0 s",
      "web-4 waits since 2026-11-25 12:00:18 UTC, 42 s",
      "1 of 6 hosts done, 1 to come",
    ],
    follow,
  ],
  [
    "waits for a person as well: how to go on comes first",
    {
      deployment: deployment("InProgress", {
        progress: { ...AT_THE_START, paused: { at: NOON, by: "ann", message: "lunch" } },
      }),
    },
    ["is paused by ann since 2026-11-25 12:00:00 UTC: lunch", "0 of 0 hosts done, 0 to come"],
    ["runtime resume d-1", ...follow],
  ],
  [
    "failed, and nothing took it back",
    { deployment: deployment("Failed"), targets: mixed },
    [
      `1 host on ${NEW}`,
      "1 host is left where it failed: web-2",
      "1 host not touched",
      "nothing was rolled back",
    ],
    ["runtime logs d-1 --host web-2", "runtime retry d-1 --failed-only", "runtime rollback d-1"],
  ],
  [
    "failed without a success to go back to",
    {
      deployment: deployment("Failed", { rollback: { rollbackMessage: "No success." } }),
      targets: mixed,
    },
    [
      `1 host on ${NEW}`,
      "1 host is left where it failed: web-2",
      "1 host not touched",
      "no rollback: No success",
    ],
    ["runtime logs d-1 --host web-2", "runtime retry d-1 --failed-only"],
  ],
  [
    "was rolled back; who was passed over is on the old revision as well",
    {
      deployment: deployment("Failed", rolledBack),
      targets: mixed,
      rollback: { deployment: back("Succeeded") },
    },
    ["rolled back by d-2: 3 of 3 hosts on s3://b/old.zip"],
    ["runtime logs d-1 --host web-2"],
  ],
  [
    "is being rolled back",
    {
      deployment: deployment("Failed", rolledBack),
      targets: mixed.slice(1, 2),
      rollback: { deployment: back("InProgress") },
    },
    [
      "1 host is left where it failed: web-2",
      "the rollback d-2 is InProgress: 1 of 3 hosts on s3://b/old.zip",
    ],
    ["runtime explain d-2", "runtime logs d-1 --host web-2"],
  ],
  [
    "was followed by a rollback that failed as well",
    {
      deployment: deployment("Failed", rolledBack),
      targets: mixed.slice(1, 2),
      rollback: {
        deployment: back("Failed"),
        cause: { kind: "rule", text: "1 host failed", because: [{ kind: "host", text: "web-2" }] },
      },
    },
    [
      "1 host is left where it failed: web-2",
      "the rollback d-2 failed: 1 host failed: web-2",
      "1 of 3 hosts on s3://b/old.zip",
    ],
    ["runtime explain d-2", "runtime retry d-2", "runtime logs d-1 --host web-2"],
  ],
  [
    "was to take another back, and could not begin",
    {
      deployment: deployment("Failed", {
        request: request({ rollbackOf: "d-0" }),
        rollback: { rollbackMessage: "d-1 is triggered to roll back deployment d-0." },
      }),
      outOfTraffic: ["web-2"],
    },
    ["no host was touched", "no traffic goes to web-2 until a deployment to it lets it in"],
    ["runtime retry d-1"],
  ],
  [
    "failed before it touched a host, and another came since",
    { deployment: deployment("Failed"), later: "d-3" },
    [
      "no host was touched",
      "nothing was rolled back",
      "d-3 has come since, which may have changed this",
    ],
    ["runtime status d-1"],
  ],
  [
    "was stopped while hosts were out of traffic",
    {
      deployment: deployment("Stopped"),
      targets: mixed.slice(1),
      outOfTraffic: ["web-2"],
    },
    [
      "1 host is left where it failed: web-2",
      "1 host not touched",
      "nothing was rolled back",
      "no traffic goes to web-2 until a deployment to it lets it in",
    ],
    ["runtime logs d-1 --host web-2", "runtime retry d-1 --failed-only", "runtime rollback d-1"],
  ],
  [
    "gave the traffic to green hosts",
    {
      deployment: deployment("Succeeded", { request: blueGreen }),
      targets: [{ ...mixed[0]!, label: "Green" }, {
        ...target("web-2", "Succeeded"),
        label: "Blue",
      }],
      outOfTraffic: ["web-2"],
    },
    [`1 host on ${NEW}`, "no traffic goes to web-2 any more"],
    ["runtime status d-1"],
  ],
  [
    "gave the traffic back to blue hosts",
    {
      deployment: deployment("Succeeded", { request: { ...blueGreen, rollbackOf: "d-0" } }),
      targets: [{ ...mixed[0]!, label: "Green" }, {
        ...target("web-2", "Succeeded"),
        label: "Blue",
      }],
      outOfTraffic: ["web-1"],
    },
    ["the traffic is back at web-2", "no traffic goes to web-1 any more"],
    ["runtime status d-1"],
  ],
  [
    "succeeded",
    { deployment: deployment("Succeeded"), targets: mixed.slice(0, 1) },
    [`1 host on ${NEW}`],
    ["runtime status d-1"],
  ],
];
for (const [what, standing, state, next] of table) {
  test(`a deployment that ${what}`, () => {
    const whole = {
      deployment: deployment("Failed"),
      targets: [],
      now: NOON + 60_000,
      timeLapse: 1,
    };
    assert.deepEqual(explain({ ...whole, ...standing }), { state, next });
  });
}

test("of many hosts under way ten are told", () => {
  const targets = Array.from({ length: 13 }, (_, n) => busy(`web-${n}`, ""));
  const { state } = explain({
    deployment: deployment("InProgress"),
    targets,
    now: NOON,
    timeLapse: 1,
  });
  assert.deepEqual(state.slice(10), ["3 hosts more under way", "0 of 13 hosts done, 0 to come"]);
});
