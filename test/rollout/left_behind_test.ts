/** Hosts that come to a stage which does not come any more: none is left waiting for it. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOST_EVENTS, type LifecycleEvent } from "../../core/domain/lifecycle_event.ts";
import { AT_THE_START } from "../../core/domain/progress.ts";
import type { Target } from "../../core/domain/target.ts";
import { wait } from "../../core/plugin/contract.ts";
import { advance, type Rules } from "../../core/rollout/advance.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { apply, newState } from "../../core/rollout/state.ts";
import { request, show } from "./letters.ts";

const rules: Rules = { next: wait, clocks: HOST_CLOCKS, timeLapse: 1, checksFirst: false };

/** An original host whose traffic was taken, at the last event before the wait to end it. */
function blue(id: string): Target {
  const events = HOST_EVENTS.blueEnded.map((name, index): LifecycleEvent => ({
    name,
    status: index < 2 ? "Succeeded" : "Pending",
  }));
  const command = { id: `d-1/${id}/2`, nonce: 1, givenAt: 0, leg: 2 };
  return { id, status: "InProgress", label: "Blue", events, command, lastUpdated: 0 };
}

test("a blue host in flight when another fails is skipped, not left Ready", () => {
  const state = newState({
    id: "d-1",
    request: request({
      style: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      blueGreen: { terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE" } },
    }),
    ...{ status: "InProgress", error: undefined, stop: undefined, terminationWait: undefined },
    progress: { ...AT_THE_START, stage: 2 },
    unhealthy: new Set(),
    targets: [blue("web-1"), blue("web-2")],
  });
  const complete = (host: string, status: "Succeeded" | "Failed") =>
    apply(
      state,
      advance(
        state,
        {
          kind: "report",
          host,
          command: `d-1/${host}/2`,
          report: {
            kind: "completed",
            succeeded: status === "Succeeded",
            events: [{ name: "AfterBlockTraffic", status }],
            failure: { code: 5, message: "" },
          },
        },
        1_000,
        rules,
      ),
    );
  complete("web-1", "Failed");
  assert.equal(state.status, "InProgress");
  complete("web-2", "Succeeded");
  assert.equal(state.status, "Failed");
  assert.deepEqual([...state.targets.values()].map(show), ["Failed SSFK", "Skipped SSSK"]);
});
