/** What earlier deployments left on the hosts of a group (spec 3.2). @module */
import { eq, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { instanceHealth } from "./schema.ts";

export interface Health {
  healthy: boolean;
  /** Identity of the revision on the host; undefined when nobody can tell. */
  revision?: string;
}

export function healthOf(db: Db, groupId: string): Map<string, Health> {
  const rows = db.select().from(instanceHealth).where(eq(instanceHealth.groupId, groupId)).all();
  return new Map(rows.map(({ instanceName, healthy, revision }) => [
    instanceName,
    { healthy, ...(revision !== null && { revision }) },
  ]));
}

/** Notes a host's end within a deployment. */
export function noteHealth(tx: Tx, groupId: string, instanceName: string, health: Health): void {
  const { healthy, revision = null } = health;
  prepared(tx, note).run({ groupId, instanceName, healthy, revision });
}

const note = (db: Db) =>
  db.insert(instanceHealth).values({
    groupId: sql.placeholder("groupId"),
    instanceName: sql.placeholder("instanceName"),
    healthy: sql.placeholder("healthy"),
    revision: sql.placeholder("revision"),
  }).onConflictDoUpdate({
    target: [instanceHealth.groupId, instanceHealth.instanceName],
    set: { healthy: sql`excluded.healthy`, revision: sql`excluded.revision` },
  }).prepare();
