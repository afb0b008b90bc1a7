/**
 * Why deployments failed or were stopped. Beside the deployments, so that a list of them does not
 * read trees of up to 64 KiB.
 * @module
 */
import { eq } from "drizzle-orm";
import type { Cause } from "../domain/cause.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { deploymentCauses } from "./schema.ts";

/** Kept with the end of its deployment, which comes once. */
export function insertCause(tx: Tx, deploymentId: string, cause: Cause): void {
  tx.insert(deploymentCauses).values({ deploymentId, cause }).run();
}

/** Undefined for deployments that did not fail, or ended before causes were kept. */
export function causeKept(db: Db, deploymentId: string): Cause | undefined {
  return db.select({ cause: deploymentCauses.cause }).from(deploymentCauses)
    .where(eq(deploymentCauses.deploymentId, deploymentId)).get()?.cause;
}
