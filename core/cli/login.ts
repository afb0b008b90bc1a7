/** `runtime login`: checks a server's address and keys, and keeps them. @module */
import { z } from "zod";
import { environmentKeys } from "../wire/aws_profile.ts";
import { Empty } from "./answers.ts";
import { apiOf } from "./api.ts";
import { DEFAULT_REGION, originOf } from "./connection.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { writeLogin } from "./login_file.ts";
import { JSON_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Check and keep the server's address and your access keys",
  arguments: [["[url]", "the server (else RUNTIME_URL)"]],
  flags: [
    { flags: "--url <url>", text: "the same as the argument" },
    { flags: "--access-key-id <id>", text: "access key id (else AWS_ACCESS_KEY_ID, else asked)" },
    { flags: "--region <name>", text: "region to sign for (default: us-east-1)" },
    JSON_FLAG,
  ],
  examples: [
    "runtime login http://127.0.0.1:8080",
    "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… runtime login https://deploy.example.com",
  ],
  input: z.object({
    json: z.boolean().default(false),
    url: z.string().exactOptional(),
    accessKeyId: z.string().exactOptional(),
    region: z.string().exactOptional(),
  }),
  async run(input, io) {
    const given = input.url ?? io.env["RUNTIME_URL"];
    if (!given) {
      throw usageFailure("Which server? Give its address", [], [
        "runtime login http://127.0.0.1:8080",
      ]);
    }
    const url = originOf(given);
    const region = input.region ?? (io.env["AWS_REGION"] || DEFAULT_REGION);
    const credentials = await keysFor(io, input.accessKeyId);
    const api = apiOf({ url, region, credentials });
    await api.codedeploy("ListApplications", {}, Empty); // refused or unanswered: nothing is kept
    const path = await writeLogin(io.env, { url, region, ...credentials });
    io.stdout.write(
      input.json
        ? jsonLine({ url, region, accessKeyId: credentials.accessKeyId, path })
        : `Logged in to ${url}; kept in ${path}\nNext: runtime status\n`,
    );
    return EXIT.done;
  },
});

/** The secret is never an argument: other users of the machine can read those. */
async function keysFor(io: Io, given: string | undefined) {
  const environment = environmentKeys(io.env);
  if (environment && (given === undefined || given === environment.accessKeyId)) {
    return environment;
  }
  const accessKeyId = given ?? (await io.ask({ text: "Access key id: " }))?.trim();
  const secretAccessKey = accessKeyId &&
    (await io.ask({ text: "Secret access key: ", secret: true }))?.trim();
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  throw usageFailure("No access keys were given", [
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and stdin ended",
  ], ["runtime login URL (the server printed its first admin key when it first started)"]);
}
