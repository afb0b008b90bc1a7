/** Applications. A name is unique (index `applications_name`); ids stay through renames. @module */
import { asc, count, eq, gt, inArray, sql } from "drizzle-orm";
import type { Application } from "../domain/application.ts";
import { DomainError } from "../domain/errors.ts";
import { unlessTaken } from "./conflict.ts";
import type { Db } from "./database.ts";
import { forgetRules } from "./forget_rules.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import {
  applications,
  deploymentCauses,
  deploymentGroups,
  deployments,
  hookExecutions,
  instanceHealth,
  logChunks,
  resourceTags,
  revisions,
  targets,
} from "./schema.ts";

/** Throws ApplicationAlreadyExists, ApplicationLimitExceeded where there are `most` already. */
export function insertApplication(tx: Tx, application: Application, most: number): void {
  if (findApplication(tx, application.name)) throw alreadyExists(application.name);
  const held = tx.select({ n: count() }).from(applications).get()?.n ?? 0;
  if (held >= most) {
    throw new DomainError(
      "ApplicationLimitExceededException",
      "applicationName",
      `There are ${held} applications, the most there may be. Delete one that is not used, or ` +
        `start the server with --limit applications=NUMBER.`,
    );
  }
  unlessTaken(
    () => tx.insert(applications).values(application).run(),
    () => alreadyExists(application.name),
  );
}

const selectNamed = (db: Db) =>
  db.select().from(applications).where(eq(applications.name, sql.placeholder("name"))).prepare();

export function findApplication(db: Db, name: string): Application | undefined {
  return prepared(db, selectNamed).get({ name });
}

/** Throws ApplicationDoesNotExist. */
export function applicationNamed(db: Db, name: string): Application {
  const application = findApplication(db, name);
  if (application) return application;
  throw new DomainError(
    "ApplicationDoesNotExistException",
    "applicationName",
    `No application found for name: ${name}`,
  );
}

/** In the order of `names`; throws ApplicationDoesNotExist for the first one missing (trap 34). */
export function applicationsNamed(db: Db, names: readonly string[]): Application[] {
  const rows = db.select().from(applications).where(inArray(applications.name, [...names])).all();
  const byName = new Map(rows.map((row) => [row.name, row]));
  return names.map((name) => byName.get(name) ?? applicationNamed(db, name));
}

/** Names after `after` in their own order, at most `limit`. */
export function listApplicationNames(db: Db, after: string | undefined, limit: number): string[] {
  return db.select({ name: applications.name }).from(applications)
    .where(after === undefined ? undefined : gt(applications.name, after))
    .orderBy(asc(applications.name)).limit(limit).all().map((row) => row.name);
}

/** Throws ApplicationDoesNotExist, ApplicationAlreadyExists; the same name again changes nothing. */
export function renameApplication(tx: Tx, name: string, newName: string): void {
  const { id } = applicationNamed(tx, name);
  unlessTaken(
    () => tx.update(applications).set({ name: newName }).where(eq(applications.id, id)).run(),
    () => alreadyExists(newName),
  );
}

/** Removes an application and all that is kept under it; one that is not there is no fault. */
export function deleteApplication(tx: Tx, name: string): void {
  const application = findApplication(tx, name);
  if (!application) return;
  const { id } = application;
  const groups = tx.select({ id: deploymentGroups.id }).from(deploymentGroups)
    .where(eq(deploymentGroups.applicationId, id));
  const history = tx.select({ id: deployments.id }).from(deployments)
    .where(eq(deployments.applicationId, id));
  forgetRules(tx, groups.all().map((group) => group.id), id);
  tx.delete(instanceHealth).where(inArray(instanceHealth.groupId, groups)).run();
  tx.delete(hookExecutions).where(inArray(hookExecutions.deploymentId, history)).run();
  tx.delete(resourceTags).where(inArray(resourceTags.resourceId, groups)).run();
  tx.delete(resourceTags).where(eq(resourceTags.resourceId, id)).run();
  tx.delete(targets).where(inArray(targets.deploymentId, history)).run();
  tx.delete(logChunks).where(inArray(logChunks.deploymentId, history)).run();
  tx.delete(deploymentCauses).where(inArray(deploymentCauses.deploymentId, history)).run();
  tx.delete(deployments).where(eq(deployments.applicationId, id)).run();
  tx.delete(deploymentGroups).where(eq(deploymentGroups.applicationId, id)).run();
  tx.delete(revisions).where(eq(revisions.applicationId, id)).run();
  tx.delete(applications).where(eq(applications.id, id)).run();
}

function alreadyExists(name: string): DomainError {
  return new DomainError(
    "ApplicationAlreadyExistsException",
    "applicationName",
    `An application with the name ${name} already exists`,
  );
}
