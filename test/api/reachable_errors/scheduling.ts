/** What lets a deployment begin: policies, locks, freeze windows, schedules. @module */
import { GROUP } from "../shop.ts";
import { ACCEPTED } from "./accepted.ts";
import type { Row } from "./row.ts";
import { DEPLOYMENT } from "./world.ts";

const asked = (operation: string, changes: object) => ({ ...ACCEPTED[operation], ...changes });

/** Members that say when something recurs. */
const RECURRENCE: readonly [changes: object, says: RegExp][] = [
  [{ cron: "at noon" }, /^cron: "at noon" is no cron expression/],
  [{ cron: "0 0 30 2 *" }, /^cron: .* never comes/],
  [{ timeZone: "Mars/Base" }, /^timeZone: "Mars\/Base" is no time zone/],
  [{ name: "a b" }, /^name: must be 1 to 100/],
];

export const SCHEDULING_ROWS: readonly Row[] = [
  ...["PutFreezeWindow", "PutSchedule"].flatMap((operation) =>
    RECURRENCE.map(([changes, says]): Row => [
      operation,
      "InvalidInput",
      asked(operation, changes),
      says,
    ])
  ),
  [
    "PutFreezeWindow",
    "InvalidInput",
    asked("PutFreezeWindow", { durationMinutes: 0 }),
    /^durationMinutes: /,
  ],
  [
    "PutFreezeWindow",
    "InvalidInput",
    asked("PutFreezeWindow", { applicationName: undefined }),
    /^applicationName: names the application of the group/,
  ],
  ["DeleteFreezeWindow", "InvalidInput", { name: "gone" }, /no freeze window gone/],
  ["DeleteSchedule", "InvalidInput", { name: "gone" }, /no schedule gone/],
  [
    "PutGroupPolicy",
    "InvalidInput",
    { ...GROUP, policy: { onBusy: "wait" } },
    /^policy\.onBusy: /,
  ],
  ["LockDeployments", "InvalidInput", asked("LockDeployments", { message: " " }), /^message: /],
  [
    "UnlockDeployments",
    "InvalidInput",
    { ...GROUP, deploymentGroupName: "other" },
    /^shop\/other has no lock of its own.*runtime lock --list/,
  ],
  [
    "ScheduleDeployment",
    "InvalidInput",
    asked("ScheduleDeployment", { startAt: "2020-01-01T00:00:00Z" }),
    /^startAt: 2020-01-01 00:00 UTC is in the past/,
  ],
  [
    "ScheduleDeployment",
    "InvalidInput",
    asked("ScheduleDeployment", { startAt: "tomorrow" }),
    /^startAt: /,
  ],
  [
    "ScheduleDeployment",
    "InvalidInput",
    asked("ScheduleDeployment", { overrideFreeze: { reason: "" } }),
    /^overrideFreeze\.reason: /,
  ],
  [
    "RetryDeployment",
    "InvalidInput",
    { deploymentId: DEPLOYMENT.running },
    /^deploymentId: d-RUNNING00 has not ended yet: it is InProgress/,
  ],
  [
    "RetryDeployment",
    "InvalidInput",
    { deploymentId: DEPLOYMENT.succeeded, failedOnly: true },
    /^failedOnly: /,
  ],
  [
    "RetryDeployment",
    "InvalidInput",
    { deploymentId: DEPLOYMENT.blueGreenDone, failedOnly: true },
    /^failedOnly: d-BGENDED00 is blue\/green/,
  ],
  [
    "RetryDeployment",
    "DeploymentLimitExceeded",
    { deploymentId: DEPLOYMENT.succeeded },
    /already has an active Deployment/,
  ],
];
