/** The number of the last order given to a host; an agent refuses one that is not newer (law 7). @module */
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "./group_commit.ts";
import { instances } from "./schema.ts";

/** Takes the next number of a host; undefined when no such host is registered. */
export function nextNonce(tx: Tx, instanceName: string): number | undefined {
  return tx.update(instances).set({ nonce: sql`${instances.nonce} + 1` })
    .where(and(eq(instances.name, instanceName), isNull(instances.deregisterTime))).returning({
      nonce: instances.nonce,
    }).get()?.nonce;
}
