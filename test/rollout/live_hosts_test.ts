/**
 * Who serves after a blue/green deployment. A host is a letter for its traffic: I let in, O out,
 * `.` not come to, x tried in vain; blue hosts are asked to go out, green ones to come in, and the
 * other way round on the way back.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeploymentStatus } from "../../core/domain/deployment.ts";
import { HOST_EVENTS, type LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import type { Target, TargetLabel } from "../../core/domain/target.ts";
import { liveHostsAfter } from "../../core/rollout/live_hosts.ts";
import { request } from "./letters.ts";

const style = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } as const;

function hosts(label: TargetLabel, event: LifecycleEventName, letters: string): Target[] {
  return [...letters].map((letter, index): Target => ({
    id: `${label === "Blue" ? "b" : "g"}${index + 1}`,
    label,
    status: letter === "x" ? "Failed" : letter === "." ? "Skipped" : "Succeeded",
    events: HOST_EVENTS[event === "BlockTraffic" ? "blueKept" : "blueRestored"].map((name) => ({
      name,
      status: letter === "." || name !== event
        ? "Skipped"
        : letter === "x"
        ? "Failed"
        : "Succeeded",
    })),
    lastUpdated: 0,
  }));
}

const there = (blue: string, green: string) => [
  ...hosts("Blue", "BlockTraffic", blue),
  ...hosts("Green", "AllowTraffic", green),
];
const back = (blue: string, green: string) => [
  ...hosts("Blue", "AllowTraffic", blue),
  ...hosts("Green", "BlockTraffic", green),
];

function show(hosts: string[] | undefined): string {
  return hosts?.join(" ") ?? "as before";
}

const forward: [what: string, DeploymentStatus, blue: string, green: string, live: string][] = [
  ["a success", "Succeeded", "OO", "II", "g1 g2"],
  ["a success in which a green host failed", "Succeeded", "OO", "xI", "g2"],
  ["a failure before the traffic", "Failed", "..", "..", "as before"],
  ["a failure in which blue still serves", "Failed", "Ox.", "II", "as before"],
  ["a failure in which all of blue is out", "Failed", "OO", "xI", "g2"],
  ["a failure in which nobody knows of the last blue host", "Stopped", "Ox", "II", "g1 g2"],
];
for (const [what, status, blue, green, live] of forward) {
  test(`who serves after ${what}`, () => {
    const traffic = { ended: { status, request: request({ style }) }, targets: there(blue, green) };
    assert.equal(show(liveHostsAfter({ ...traffic, isRolledBack: false })), live);
    if (status !== "Succeeded") {
      assert.equal(show(liveHostsAfter({ ...traffic, isRolledBack: true })), "as before");
    }
  });
}

type Way = [blue: string, green: string];
const backward: [
  what: string,
  taken: DeploymentStatus,
  before: Way,
  DeploymentStatus,
  after: Way,
  live: string,
][] = [
  ["a success is taken back", "Succeeded", ["OO", "II"], "Succeeded", ["II", "OO"], "b1 b2"],
  ["a failure is taken back", "Failed", ["O.", "II"], "Succeeded", ["I", "OO"], "as before"],
  ["blue cannot come in", "Failed", ["OO", "II"], "Failed", ["xx", ".."], "g1 g2"],
  ["one of blue comes in", "Failed", ["OO", "II"], "Failed", ["Ix", ".."], "as before"],
  ["one of blue never went out", "Failed", ["O.", "II"], "Failed", ["x", ".."], "as before"],
];
for (const [what, taken, before, status, after, live] of backward) {
  test(`who serves after a way back: ${what}`, () => {
    const traffic = {
      ended: { status, request: request({ style, rollbackOf: "d-1" }) },
      targets: back(...after),
      taken: { status: taken, targets: there(...before) },
      isRolledBack: false,
    };
    assert.equal(show(liveHostsAfter(traffic)), live);
  });
}

test("a deployment in place says nothing of who serves", () => {
  const ended = { status: "Succeeded", request: request() } as const;
  assert.equal(liveHostsAfter({ ended, targets: [], isRolledBack: false }), undefined);
});
