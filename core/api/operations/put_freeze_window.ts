/** PutFreezeWindow, DeleteFreezeWindow and ListFreezeWindows, which CodeDeploy does not have. @module */
import { z } from "zod";
import type { FreezeWindow } from "../../domain/deployment_schedule.ts";
import { DomainError } from "../../domain/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import { checkRecurrence, nextTime, openFreeze } from "../../engine/recurrence.ts";
import { noteAudit } from "../../store/audit.ts";
import {
  listFreezeWindows as list,
  putFreezeWindow as put,
  removeFreezeWindow,
} from "../../store/freeze_windows.ts";
import { scopeNamed } from "../../store/scopes.ts";
import {
  DeleteFreezeWindowInput,
  ListFreezeWindowsOutput,
  PutFreezeWindowInput,
} from "../../wire/scheduling_api.ts";
import { epochSeconds } from "../epoch_seconds.ts";
import { operation } from "../operation.ts";

type Calendar = Pick<Engine, "lookAtCalendar">;

export const putFreezeWindow = (engine: Calendar) =>
  operation({
    name: "PutFreezeWindow",
    role: "admin",
    input: PutFreezeWindowInput,
    output: z.object({}),
    errors: [
      "ApplicationDoesNotExistException",
      "DeploymentGroupDoesNotExistException",
      "InvalidApplicationNameException",
      "InvalidDeploymentGroupNameException",
      "InvalidInputException",
    ],
    faults: {
      applicationName: { malformed: "InvalidApplicationNameException" },
      deploymentGroupName: { malformed: "InvalidDeploymentGroupNameException" },
    },
    async run({ applicationName, deploymentGroupName, ...window }, { store, now }, { caller }) {
      checkRecurrence(window, now());
      if (applicationName === undefined && deploymentGroupName !== undefined) {
        throw new DomainError(
          "InvalidInputException",
          "applicationName",
          "applicationName: names the application of the group; leave out both for every group",
        );
      }
      await store.commit((tx) => {
        const scope = applicationName === undefined ? undefined : scopeNamed(tx, {
          applicationName,
          ...(deploymentGroupName !== undefined && { deploymentGroupName }),
        });
        put(tx, window, scope);
        const { name: subject, cron, timeZone, durationMinutes } = window;
        const reason = `${cron} ${timeZone}, ${durationMinutes} min, ${scope?.subject ?? "all"}`;
        const action = "freeze window set";
        noteAudit(tx, { time: now(), who: caller.arn, action, subject, reason });
      });
      // A window that was replaced may have ended.
      await engine.lookAtCalendar();
    },
  });

export const deleteFreezeWindow = (engine: Calendar) =>
  operation({
    name: "DeleteFreezeWindow",
    role: "admin",
    input: DeleteFreezeWindowInput,
    output: z.object({}),
    errors: ["InvalidInputException"],
    async run({ name: subject }, { store, now }, { caller }) {
      await store.commit((tx) => {
        if (!removeFreezeWindow(tx, subject)) {
          const message = `There is no freeze window ${subject}. See which there are: ` +
            "runtime freeze list";
          throw new DomainError("InvalidInputException", "name", message);
        }
        noteAudit(tx, { time: now(), who: caller.arn, action: "freeze window removed", subject });
      });
      await engine.lookAtCalendar();
    },
  });

export const listFreezeWindows = operation({
  name: "ListFreezeWindows",
  role: "viewer",
  input: z.object({}),
  output: ListFreezeWindowsOutput,
  errors: [],
  run: (_input, { store, now }) => ({
    freezeWindows: list(store.read).map((window) => ({ ...window, ...stateOf(window, now()) })),
  }),
});

function stateOf(window: FreezeWindow, at: number) {
  const freeze = openFreeze([window], at);
  const next = nextTime(window, at);
  return {
    open: freeze !== undefined,
    ...(freeze?.until !== undefined && { openUntil: epochSeconds(freeze.until) }),
    ...(next !== undefined && { nextStartTime: epochSeconds(next) }),
  };
}
