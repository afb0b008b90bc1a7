import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  LifecycleEventName,
  LifecycleEventStatus,
} from "../../core/domain/lifecycle_event.ts";
import type { Target } from "../../core/domain/target.ts";
import { STOPPED } from "../../core/rollout/host_report.ts";
import { outOfTraffic } from "../../core/rollout/out_of_traffic.ts";

type Events = Partial<Record<LifecycleEventName, LifecycleEventStatus | "stopped">>;

function target(id: string, events: Events): Target {
  return {
    id,
    status: "Failed",
    lastUpdated: 0,
    events: Object.entries(events).map(([name, status]) => ({
      name: name as LifecycleEventName, // because they are keys of Events
      status: status === "stopped" ? "Failed" : status,
      diagnostics: {
        error_code: 5,
        script_name: "",
        message: status === "stopped" ? STOPPED : "broke",
        log: "",
      },
    })),
  };
}

const table: [what: string, runs: Events[], isOut: boolean][] = [
  ["was not come to", [{ BlockTraffic: "Skipped", AllowTraffic: "Skipped" }], false],
  ["was taken out", [{ BlockTraffic: "Succeeded", AllowTraffic: "Skipped" }], true],
  ["was let in again", [{ BlockTraffic: "Succeeded", AllowTraffic: "Succeeded" }], false],
  ["could not be let in", [{ BlockTraffic: "Succeeded", AllowTraffic: "Failed" }], true],
  ["could not be taken out", [{ BlockTraffic: "Failed" }], false],
  ["was taken out while a stop waited", [{ BlockTraffic: "stopped" }], true],
  ["was let in while a stop waited", [
    { BlockTraffic: "Succeeded", AllowTraffic: "stopped" },
  ], false],
  ["was let in by the rollback", [
    { BlockTraffic: "Succeeded", AllowTraffic: "Skipped" },
    { AllowTraffic: "Succeeded" },
  ], false],
  ["was taken out by the rollback", [
    { AllowTraffic: "Succeeded" },
    { BlockTraffic: "Succeeded" },
  ], true],
];
for (const [what, runs, isOut] of table) {
  test(`a host that ${what} is ${isOut ? "out of" : "in"} traffic`, () => {
    assert.deepEqual(outOfTraffic(...runs.map((events) => [target("web-1", events)])), [
      ...(isOut ? ["web-1"] : []),
    ]);
  });
}
