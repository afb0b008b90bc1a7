/** Deployment groups. A name is unique within its application (index `deployment_groups_name`). @module */
import { and, asc, count, eq, gt, inArray } from "drizzle-orm";
import type { Deployment } from "../domain/deployment.ts";
import type { DeploymentGroup, GroupSettings } from "../domain/deployment_group.ts";
import { DomainError } from "../domain/errors.ts";
import { unlessTaken } from "./conflict.ts";
import type { Db } from "./database.ts";
import { forgetRules } from "./forget_rules.ts";
import type { Tx } from "./group_commit.ts";
import { deploymentGroups, deployments, instanceHealth, resourceTags } from "./schema.ts";

export type NewDeploymentGroup = Pick<
  DeploymentGroup,
  "id" | "applicationId" | "name" | "settings"
>;

/** Throws DeploymentGroupAlreadyExists, DeploymentGroupLimitExceeded where there are `most` already. */
export function insertDeploymentGroup(tx: Tx, group: NewDeploymentGroup, most: number): void {
  if (findDeploymentGroup(tx, group.applicationId, group.name)) throw alreadyExists(group.name);
  const held = tx.select({ n: count() }).from(deploymentGroups)
    .where(eq(deploymentGroups.applicationId, group.applicationId)).get()?.n ?? 0;
  if (held >= most) {
    throw new DomainError(
      "DeploymentGroupLimitExceededException",
      "deploymentGroupName",
      `The application has ${held} deployment groups, the most there may be. Delete one, or start ` +
        `the server with --limit groups=NUMBER.`,
    );
  }
  unlessTaken(
    () => tx.insert(deploymentGroups).values(group).run(),
    () => alreadyExists(group.name),
  );
}

export function findDeploymentGroup(
  db: Db,
  applicationId: string,
  name: string,
): DeploymentGroup | undefined {
  const row = db.select().from(deploymentGroups).where(byName(applicationId, name)).get();
  return row && fromRow(row);
}

export function findGroup(db: Db, id: string): DeploymentGroup | undefined {
  const row = db.select().from(deploymentGroups).where(eq(deploymentGroups.id, id)).get();
  return row && fromRow(row);
}

/** Throws DeploymentGroupDoesNotExist. */
export function deploymentGroupNamed(
  db: Db,
  applicationId: string,
  name: string,
): DeploymentGroup {
  const group = findDeploymentGroup(db, applicationId, name);
  if (group) return group;
  throw new DomainError(
    "DeploymentGroupDoesNotExistException",
    "deploymentGroupName",
    `No Deployment Group found for name: ${name}`,
  );
}

/** Those that exist, in the order of `names`. */
export function deploymentGroupsNamed(
  db: Db,
  applicationId: string,
  names: readonly string[],
): DeploymentGroup[] {
  const rows = db.select().from(deploymentGroups).where(and(
    eq(deploymentGroups.applicationId, applicationId),
    inArray(deploymentGroups.name, [...names]),
  )).all();
  const byName = new Map(rows.map((row) => [row.name, fromRow(row)]));
  return names.flatMap((name) => byName.get(name) ?? []);
}

/** Names after `after` in their own order, at most `limit`. */
export function listDeploymentGroupNames(
  db: Db,
  applicationId: string,
  after: string | undefined,
  limit: number,
): string[] {
  return db.select({ name: deploymentGroups.name }).from(deploymentGroups).where(and(
    eq(deploymentGroups.applicationId, applicationId),
    after === undefined ? undefined : gt(deploymentGroups.name, after),
  )).orderBy(asc(deploymentGroups.name)).limit(limit).all().map((row) => row.name);
}

/** Writes a group's name and settings; throws DeploymentGroupAlreadyExists when the name is taken. */
export function changeDeploymentGroup(
  tx: Tx,
  id: string,
  change: { name: string; settings: GroupSettings },
): void {
  unlessTaken(
    () => tx.update(deploymentGroups).set(change).where(eq(deploymentGroups.id, id)).run(),
    () => alreadyExists(change.name),
  );
}

/** The hosts that serve are those of the group's filters again, whatever blue/green made of them. */
export function forgetLiveHosts(tx: Tx, id: string): void {
  tx.update(deploymentGroups).set({ liveHosts: null }).where(eq(deploymentGroups.id, id)).run();
}

/** Removes a group, its tags, its rules and what it knows of its hosts; one that is not there is no fault. */
export function deleteDeploymentGroup(tx: Tx, applicationId: string, name: string): void {
  const gone = tx.delete(deploymentGroups).where(byName(applicationId, name))
    .returning({ id: deploymentGroups.id }).get();
  if (!gone) return;
  forgetRules(tx, [gone.id]);
  tx.delete(instanceHealth).where(eq(instanceHealth.groupId, gone.id)).run();
  tx.delete(resourceTags).where(eq(resourceTags.resourceId, gone.id)).run();
}

/** What a group says of its last deployments. */
export type LastDeployment = Pick<Deployment, "id" | "status" | "createTime" | "completeTime">;

/** The deployments with these ids by id; one that is gone is left out. */
export function lastDeployments(
  db: Db,
  ids: readonly (string | undefined)[],
): Map<string, LastDeployment> {
  const known = ids.filter((id) => id !== undefined);
  if (known.length === 0) return new Map();
  const rows = db.select({
    id: deployments.id,
    status: deployments.status,
    createTime: deployments.createTime,
    completeTime: deployments.completeTime,
  }).from(deployments).where(inArray(deployments.id, known)).all();
  return new Map(rows.map(({ completeTime, ...row }) => [
    row.id,
    { ...row, ...(completeTime !== null && { completeTime }) },
  ]));
}

function byName(applicationId: string, name: string) {
  return and(eq(deploymentGroups.applicationId, applicationId), eq(deploymentGroups.name, name));
}

function alreadyExists(name: string): DomainError {
  return new DomainError(
    "DeploymentGroupAlreadyExistsException",
    "deploymentGroupName",
    `A deployment group with the name ${name} already exists in this application`,
  );
}

function fromRow(row: typeof deploymentGroups.$inferSelect): DeploymentGroup {
  const { targetRevision, lastSuccessfulDeploymentId, lastAttemptedDeploymentId, ...rest } = row;
  return {
    ...rest,
    ...(targetRevision !== null && { targetRevision }),
    ...(lastSuccessfulDeploymentId !== null && { lastSuccessfulDeploymentId }),
    ...(lastAttemptedDeploymentId !== null && { lastAttemptedDeploymentId }),
  };
}
