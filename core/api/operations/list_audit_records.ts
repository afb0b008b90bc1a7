/** ListAuditRecords, which CodeDeploy does not have: who decided what, and why. @module */
import { z } from "zod";
import { listAudit } from "../../store/audit.ts";
import { ListAuditRecordsInput, ListAuditRecordsOutput } from "../../wire/audit_api.ts";
import { epochSeconds } from "../epoch_seconds.ts";
import { keyOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";

export const listAuditRecords = operation({
  name: "ListAuditRecords",
  role: "viewer",
  input: ListAuditRecordsInput,
  output: ListAuditRecordsOutput,
  errors: ["InvalidInputException", "InvalidNextTokenException"],
  run({ subject, ...input }, { store }) {
    const before = keyOfToken(input.nextToken, z.number().int());
    const filter = {
      ...(before !== undefined && { before }),
      ...(subject !== undefined && { subject }),
    };
    const { entries, nextToken } = page(
      (limit) => listAudit(store.read, filter, limit),
      ({ sequence }) => sequence,
    );
    return {
      records: entries.map(({ time, ...entry }) => ({ ...entry, time: epochSeconds(time) })),
      ...(nextToken !== undefined && { nextToken }),
    };
  },
});
