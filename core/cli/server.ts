/** `runtime server`: starts the server of this machine. @module */
import { z } from "zod";
import { BusyGroup } from "../domain/group_policy.ts";
import { Account, Region } from "../domain/identity.ts";
import { usageFailure } from "./failure.ts";
import { verb } from "./verb.ts";

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]):/;

export default verb({
  summary: "Run the server",
  flags: [
    { flags: "--listen <host:port>", text: "address to listen on", value: "127.0.0.1:8080" },
    { flags: "--data <dir>", text: "folder for the store and artifacts", value: "./runtime-data" },
    {
      flags: "--store <url>",
      text: "shared store instead of the embedded one, libsql://… (not in this version yet)",
    },
    { flags: "--plugins <dir>", text: "folder of plugins (not in this version yet)" },
    { flags: "--tls-cert <file>", text: "certificate chain in PEM (with --tls-key)" },
    { flags: "--tls-key <file>", text: "private key in PEM (with --tls-cert)" },
    { flags: "--account <id>", text: "account of every ARN, 12 digits (RUNTIME_ACCOUNT_ID)" },
    { flags: "--region <name>", text: "region of every ARN (RUNTIME_REGION)" },
    {
      flags: "--limit <name=value>",
      text: "another limit than AWS's, or `off`; may be given again",
      repeated: true,
    },
    {
      flags: "--public-url <url>",
      text: "where others reach the server, for links in messages (default: where it listens)",
    },
    { flags: "--smtp-url <url>", text: "SMTP server for mails (else RUNTIME_SMTP_URL)" },
    { flags: "--mail-from <address>", text: "sender of mails (with --smtp-url)" },
    {
      flags: "--sns-endpoint <url>",
      text: "where triggers publish to topics of others, with the keys of the AWS environment",
    },
    {
      flags: "--events-dir <dir>",
      text: "folder of file event targets (default: events in --data)",
    },
    { flags: "--events-ca <file>", text: "authorities of event receivers, in PEM" },
    { flags: "--events-attempts <n>", text: "attempts before an event is a dead letter (185)" },
    { flags: "--events-hours <n>", text: "hours before an event is a dead letter (24)" },
    {
      flags: "--busy-group <policy>",
      text: "a deployment for a group that has one under way: refuse, as AWS, queue, or supersede",
      value: "refuse",
    },
    { flags: "--time-lapse <n>", text: "for trials on loopback: n seconds pass as one, 1 to 3600" },
  ],
  examples: [
    "runtime server",
    "runtime server --listen 0.0.0.0:443 --data /var/lib/runtime --tls-cert c.pem --tls-key k.pem",
  ],
  input: z.object({
    listen: z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, "HOST:PORT is wanted"),
    data: z.string().min(1, "a folder is wanted"),
    store: z.string().exactOptional(),
    plugins: z.string().exactOptional(),
    tlsCert: z.string().exactOptional(),
    tlsKey: z.string().exactOptional(),
    account: Account.exactOptional(),
    region: Region.exactOptional(),
    limit: z.array(z.string()).default([]),
    busyGroup: z.enum(BusyGroup.options, "refuse, queue or supersede is wanted"),
    publicUrl: z.string().exactOptional(),
    smtpUrl: z.string().exactOptional(),
    mailFrom: z.string().exactOptional(),
    snsEndpoint: z.string().exactOptional(),
    eventsDir: z.string().min(1, "a folder is wanted").exactOptional(),
    eventsCa: z.string().min(1, "a file is wanted").exactOptional(),
    eventsAttempts: z.coerce.number("a number is wanted").int("a whole number").min(1, "at least 1")
      .exactOptional(),
    eventsHours: z.coerce.number("a number is wanted").positive("more than 0").exactOptional(),
    timeLapse: z.coerce.number("a number is wanted").min(1, "at least 1").max(3600, "at most 3600")
      .exactOptional(),
  }),
  async run({ limit: limits, ...input }, _io, rooms) {
    if ((input.tlsCert === undefined) !== (input.tlsKey === undefined)) {
      throw usageFailure("--tls-cert and --tls-key go together", [], ["runtime help server"]);
    }
    if (input.timeLapse !== undefined && !LOOPBACK.test(input.listen)) {
      throw usageFailure("--time-lapse is for trials on the loopback address alone", [
        `--listen ${input.listen} can be reached from elsewhere`,
      ], ["runtime server --listen 127.0.0.1:8080 --time-lapse 60"]);
    }
    const { serve } = await rooms.server();
    return await serve({ ...input, limits });
  },
});
