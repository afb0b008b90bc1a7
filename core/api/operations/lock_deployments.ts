/** LockDeployments, UnlockDeployments and ListLocks, which CodeDeploy does not have. @module */
import { z } from "zod";
import { DomainError, type ErrorName } from "../../domain/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import { noteAudit } from "../../store/audit.ts";
import { listLocks as list, putLock, removeLock } from "../../store/locks.ts";
import { scopeNamed } from "../../store/scopes.ts";
import {
  ListLocksOutput,
  LockDeploymentsInput,
  UnlockDeploymentsInput,
} from "../../wire/scheduling_api.ts";
import { epochSeconds } from "../epoch_seconds.ts";
import { operation } from "../operation.ts";

const ERRORS: readonly ErrorName[] = [
  "ApplicationDoesNotExistException",
  "ApplicationNameRequiredException",
  "DeploymentGroupDoesNotExistException",
  "InvalidApplicationNameException",
  "InvalidDeploymentGroupNameException",
  "InvalidInputException",
];
/** A group that is left out is none at fault. */
const FAULTS = {
  deploymentGroupName: { malformed: "InvalidDeploymentGroupNameException" },
} as const; // because the names of exceptions are words, and no texts

export const lockDeployments = operation({
  name: "LockDeployments",
  role: "deployer",
  input: LockDeploymentsInput,
  output: z.object({}),
  errors: ERRORS,
  faults: FAULTS,
  async run({ message, applicationName, deploymentGroupName }, { store, now }, { caller }) {
    const name = { applicationName, ...(deploymentGroupName && { deploymentGroupName }) };
    await store.commit((tx) => {
      const scope = scopeNamed(tx, name);
      const { arn: by } = caller;
      putLock(tx, scope, { message, by, time: now() });
      const { subject } = scope;
      noteAudit(tx, { time: now(), who: by, action: "locked", subject, reason: message });
    });
  },
});

export const unlockDeployments = (engine: Pick<Engine, "lookAtCalendar">) =>
  operation({
    name: "UnlockDeployments",
    role: "deployer",
    input: UnlockDeploymentsInput,
    output: z.object({}),
    errors: ERRORS,
    faults: FAULTS,
    async run({ applicationName, deploymentGroupName }, { store, now }, { caller }) {
      const name = { applicationName, ...(deploymentGroupName && { deploymentGroupName }) };
      await store.commit((tx) => {
        const scope = scopeNamed(tx, name);
        const { subject } = scope;
        if (!removeLock(tx, scope)) throw notLocked(subject);
        noteAudit(tx, { time: now(), who: caller.arn, action: "unlocked", subject });
      });
      await engine.lookAtCalendar();
    },
  });

export const listLocks = operation({
  name: "ListLocks",
  role: "viewer",
  input: z.object({}),
  output: ListLocksOutput,
  errors: [],
  run: (_input, { store }) => ({
    locks: list(store.read).map(({ subject, message, by, time }) => ({
      ...{ subject, message, lockedBy: by, time: epochSeconds(time) },
    })),
  }),
});

/** An application's lock is not one of its group: who unlocks it unlocks all of them. */
function notLocked(subject: string): DomainError {
  const [application, group] = subject.split("/");
  return new DomainError(
    "InvalidInputException",
    group === undefined ? "applicationName" : "deploymentGroupName",
    `${subject} has no lock of its own. See what is locked: runtime lock --list` +
      (group === undefined ? "" : `; the lock of ${application} is for all of its groups`),
  );
}
