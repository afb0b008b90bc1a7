/** `runtime audit`: who locked, overrode and approved what, and why. @module */
import { z } from "zod";
import { type AuditRecord, ListAuditRecordsOutput } from "../wire/audit_api.ts";
import { type Api, openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { dateTime, harmless } from "./words.ts";

export default verb({
  summary: "Show who locked, overrode and approved what, newest first",
  flags: [
    {
      flags: "--subject <name>",
      text: "only about this: a deployment, an application, APP/GROUP, the name of a schedule",
    },
    { flags: "--limit <number>", text: "at most so many records", value: "50" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: ["runtime audit", "runtime audit --subject shop/production"],
  input: z.object({
    ...CLIENT_INPUT,
    subject: z.string().exactOptional(),
    limit: z.coerce.number("a number of records").int().min(1).default(50),
  }),
  async run({ subject, limit, json, ...input }, io) {
    const api = await openApi(io, input);
    let shown = 0;
    for await (const record of auditRecords(api, subject)) {
      if (shown++ === limit) break;
      io.stdout.write(json ? jsonLine(record) : line(record));
    }
    if (shown === 0 && !json) io.stderr.write("Nothing is on record.\n");
    return EXIT.done;
  },
});

async function* auditRecords(
  api: Api,
  subject: string | undefined,
): AsyncGenerator<AuditRecord> {
  let nextToken: string | undefined;
  do {
    const asked = {
      ...(subject !== undefined && { subject }),
      ...(nextToken !== undefined && { nextToken }),
    };
    const page: ListAuditRecordsOutput = await api.runtime(
      "ListAuditRecords",
      asked,
      ListAuditRecordsOutput,
    );
    yield* page.records;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

function line({ time, who, action, subject, reason }: AuditRecord): string {
  const why = reason === undefined ? "" : `: ${harmless(reason)}`;
  return `${dateTime(time * 1000)}  ${harmless(subject)}  ${action} by ${harmless(who)}${why}\n`;
}
