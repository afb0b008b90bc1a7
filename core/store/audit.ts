/** The audit: entries are added in the commit of what they tell of, and never changed. @module */
import { and, desc, eq, lt } from "drizzle-orm";
import type { AuditEntry } from "../domain/audit.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { audit } from "./schema.ts";

/** Writes down who did what, in the commit that does it. */
export function noteAudit(tx: Tx, entry: AuditEntry): void {
  tx.insert(audit).values(entry).run();
}

export interface AuditFilter {
  /** Entries about this alone. */
  subject?: string;
  /** Only entries older than this one. */
  before?: number;
}

/** Newest first, at most `limit`. */
export function listAudit(
  db: Db,
  { subject, before }: AuditFilter,
  limit: number,
): (AuditEntry & { sequence: number })[] {
  return db.select().from(audit).where(and(
    subject === undefined ? undefined : eq(audit.subject, subject),
    before === undefined ? undefined : lt(audit.sequence, before),
  )).orderBy(desc(audit.sequence)).limit(limit).all()
    .map(({ reason, ...entry }) => ({ ...entry, ...(reason !== null && { reason }) }));
}
