/** PutSchedule, DeleteSchedule and ListSchedules, which CodeDeploy does not have. @module */
import { z } from "zod";
import type { Schedule } from "../../domain/deployment_schedule.ts";
import { DomainError } from "../../domain/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import { checkRecurrence } from "../../engine/recurrence.ts";
import { nextDue } from "../../engine/schedule_run.ts";
import { noteAudit } from "../../store/audit.ts";
import {
  listSchedules as list,
  putSchedule as put,
  removeSchedule,
} from "../../store/schedules.ts";
import { scopeNamed, subjectsOf } from "../../store/scopes.ts";
import {
  DeleteScheduleInput,
  ListSchedulesOutput,
  PutScheduleInput,
} from "../../wire/scheduling_api.ts";
import { epochSeconds } from "../epoch_seconds.ts";
import { operation } from "../operation.ts";
import { withoutContent } from "../revision_content.ts";
import { RevisionInput } from "../revision_input.ts";

type Calendar = Pick<Engine, "lookAtCalendar">;

export const putSchedule = (engine: Calendar) =>
  operation({
    name: "PutSchedule",
    role: "deployer",
    input: PutScheduleInput.extend({ revision: RevisionInput.optional() }),
    output: z.object({}),
    errors: [
      "ApplicationDoesNotExistException",
      "ApplicationNameRequiredException",
      "DeploymentGroupDoesNotExistException",
      "DeploymentGroupNameRequiredException",
      "InvalidApplicationNameException",
      "InvalidDeploymentGroupNameException",
      "InvalidInputException",
      "InvalidRevisionException",
    ],
    faults: { revision: { malformed: "InvalidRevisionException" } },
    async run(input, { store, now }, { caller }) {
      const { applicationName, deploymentGroupName, revision, name, cron, timeZone } = input;
      const time = now();
      checkRecurrence(input, time);
      await store.commit((tx) => {
        const scope = scopeNamed(tx, { applicationName, deploymentGroupName });
        put(tx, {
          ...{ name, cron, timeZone, groupId: scope.id, createdBy: caller.arn, createTime: time },
          ...(revision && { revision }),
        });
        const reason = `${cron} ${timeZone}, ${scope.subject}`;
        noteAudit(tx, { time, who: caller.arn, action: "schedule set", subject: name, reason });
      });
      await engine.lookAtCalendar();
    },
  });

export const deleteSchedule = (engine: Calendar) =>
  operation({
    name: "DeleteSchedule",
    role: "deployer",
    input: DeleteScheduleInput,
    output: z.object({}),
    errors: ["InvalidInputException"],
    async run({ name: subject }, { store, now }, { caller }) {
      await store.commit((tx) => {
        if (!removeSchedule(tx, subject)) {
          const message = `There is no schedule ${subject}. See which there are: ` +
            "runtime schedule list";
          throw new DomainError("InvalidInputException", "name", message);
        }
        noteAudit(tx, { time: now(), who: caller.arn, action: "schedule removed", subject });
      });
      await engine.lookAtCalendar();
    },
  });

export const listSchedules = operation({
  name: "ListSchedules",
  role: "viewer",
  input: z.object({}),
  output: ListSchedulesOutput,
  errors: [],
  run(_input, { store }) {
    const schedules = list(store.read);
    const subjects = subjectsOf(store.read, schedules.map(({ groupId }) => groupId));
    return {
      schedules: schedules.map((one) => ({
        ...viewOf(one),
        // A group takes its schedules with it, so that there is one.
        subject: subjects.get(one.groupId) ?? one.groupId,
      })),
    };
  },
});

function viewOf(schedule: Schedule) {
  const { name, cron, timeZone, revision, createdBy, createTime, lastDue, lastOutcome } = schedule;
  const next = nextDue(schedule);
  return {
    ...{ name, cron, timeZone, createdBy, createTime: epochSeconds(createTime) },
    ...(revision && { revision: withoutContent(revision) }),
    ...(next !== undefined && { nextTime: epochSeconds(next) }),
    ...(lastDue !== undefined && { lastTime: epochSeconds(lastDue) }),
    ...(lastOutcome && { lastOutcome: lastOutcome.kind }),
    ...(lastOutcome?.kind === "deployed" && { lastDeploymentId: lastOutcome.deploymentId }),
    ...(lastOutcome?.kind === "refused" && { lastMessage: lastOutcome.message }),
  };
}
