/**
 * What a lock or a freeze window is about: an application or one of its groups. Kept by id, so that
 * renames leave it alone, and shown as `application` or `application/group`.
 * @module
 */
import { eq, inArray } from "drizzle-orm";
import { applicationNamed } from "./applications.ts";
import type { Db } from "./database.ts";
import { deploymentGroupNamed } from "./deployment_groups.ts";
import { applications, deploymentGroups } from "./schema.ts";

export interface ScopeName {
  applicationName: string;
  /** Left out for the whole application. */
  deploymentGroupName?: string;
}

export interface Scope {
  /** Of the application or the group. */
  id: string;
  subject: string;
}

/** Throws ApplicationDoesNotExist, DeploymentGroupDoesNotExist. */
export function scopeNamed(db: Db, { applicationName, deploymentGroupName }: ScopeName): Scope {
  const application = applicationNamed(db, applicationName);
  if (deploymentGroupName === undefined) return { id: application.id, subject: application.name };
  const group = deploymentGroupNamed(db, application.id, deploymentGroupName);
  return { id: group.id, subject: `${application.name}/${group.name}` };
}

/** The names of scopes by id; one that is gone is left out. */
export function subjectsOf(db: Db, ids: readonly string[]): Map<string, string> {
  if (ids.length === 0) return new Map();
  const groups = db.select({
    id: deploymentGroups.id,
    group: deploymentGroups.name,
    application: applications.name,
  }).from(deploymentGroups)
    .innerJoin(applications, eq(applications.id, deploymentGroups.applicationId))
    .where(inArray(deploymentGroups.id, [...ids])).all();
  const whole = db.select({ id: applications.id, name: applications.name }).from(applications)
    .where(inArray(applications.id, [...ids])).all();
  return new Map([
    ...groups.map(({ id, application, group }) => [id, `${application}/${group}`] as const), // because a list is no pair
    ...whole.map(({ id, name }) => [id, name] as const), // because a list is no pair
  ]);
}
