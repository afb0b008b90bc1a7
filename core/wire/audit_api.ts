/**
 * ListAuditRecords, with target `Runtime_20261125.ListAuditRecords`: who locked, overrode, approved.
 * @module
 */
import { z } from "zod";
import { AuditAction } from "../domain/audit.ts";

/** ListAuditRecords (viewer): newest first, a page at a time. */
export const ListAuditRecordsInput = z.object({
  /** Only what is about this: a deployment's id, an application, `application/group`, a name. */
  subject: z.string().min(1).max(256).optional(),
  nextToken: z.string().optional(),
});

/** `time` in seconds since the epoch, as every time of this protocol. */
export const AuditRecord = z.object({
  sequence: z.number().int(),
  time: z.number(),
  /** The ARN that signed the request. */
  who: z.string(),
  action: AuditAction,
  subject: z.string(),
  reason: z.string().optional(),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

export const ListAuditRecordsOutput = z.object({
  records: z.array(AuditRecord),
  nextToken: z.string().optional(),
});
export type ListAuditRecordsOutput = z.infer<typeof ListAuditRecordsOutput>;
