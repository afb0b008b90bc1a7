/** The number of the last order given to a host; an agent refuses one that is not newer (law 7). @module */
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { instances } from "./schema.ts";

const take = (db: Db) =>
  db.update(instances).set({
    nonce: sql`max(${instances.nonce} + 1, ${sql.placeholder("now")})`,
  }).where(
    and(eq(instances.name, sql.placeholder("instanceName")), isNull(instances.deregisterTime)),
  )
    .returning({ nonce: instances.nonce }).prepare();

/**
 * Takes the next number of a host; undefined when no such host is registered. Numbers keep up with
 * the clock (`now` in milliseconds), so that a store restored from an old backup does not give out
 * numbers that its hosts have seen.
 */
export function nextNonce(tx: Tx, instanceName: string, now: number): number | undefined {
  return prepared(tx, take).get({ instanceName, now: Math.floor(now) })?.nonce;
}
