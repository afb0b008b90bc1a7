/** `runtime events add`: sends events in EventBridge's form to a web address or a file. @module */
import { z } from "zod";
import { EventPattern } from "../domain/event_target.ts";
import { PutEventTargetOutput } from "../wire/events_api.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

const EXAMPLES: readonly [string, ...string[]] = [
  "runtime events add chat --to https://hooks.example.com/deployments",
  `runtime events add failures --file failures.jsonl --pattern '{"detail":{"state":["FAILURE"]}}'`,
  "runtime events add ci --to https://ci.example.com/ --header Authorization=ci-token",
];

export default verb({
  summary: "Send events to a web address or a file",
  arguments: [["<name>", "name of the target; one that is there is replaced"]],
  flags: [
    { flags: "--to <address>", text: "web address that gets each event as a POST of JSON" },
    { flags: "--file <path>", text: "file below the server's events folder, a line an event" },
    {
      flags: "--header <name=secret>",
      text: "a header, its value from a file of that name in the server's event-secrets folder",
    },
    { flags: "--pattern <json>", text: "which events, as EventBridge says it (default: all)" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: EXAMPLES,
  input: z.object({
    ...CLIENT_INPUT,
    name: z.string(),
    to: z.string().exactOptional(),
    file: z.string().exactOptional(),
    header: z.string().regex(/^[^=]+=[^=]+$/, "NAME=SECRET is wanted").exactOptional(),
    pattern: z.string().exactOptional(),
  }),
  async run({ name, to, file, header, pattern: text, json, ...input }, io) {
    if ((to === undefined) === (file === undefined)) {
      throw usageFailure("Give one of --to and --file", [], [...EXAMPLES]);
    }
    const [headerName, secret] = header?.split("=") ?? [];
    const pattern = text === undefined ? undefined : patternOf(text);
    const asked = {
      name,
      ...(to !== undefined && { url: to }),
      ...(file !== undefined && { file }),
      ...(header !== undefined && { header: { name: headerName, secret } }),
      ...(pattern && { pattern }),
    };
    const api = await openApi(io, input);
    await api.runtime("PutEventTarget", asked, PutEventTargetOutput);
    io.stdout.write(
      json
        ? jsonLine(asked)
        : `Events go to ${to ?? file}. See what waits for it: runtime events targets\n`,
    );
    return EXIT.done;
  },
});

/** Read here too, so that a mistake is told with its place before anybody is asked. */
function patternOf(text: string): EventPattern {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usageFailure("--pattern is not JSON", [why, `given: ${text}`], [EXAMPLES[1] ?? ""]);
  }
  const parsed = EventPattern.safeParse(raw);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((one) => `${one.path.join(".") || "it"}: ${one.message}`);
  throw usageFailure("--pattern is not an event pattern for these events", faults, [
    EXAMPLES[1] ?? "",
  ]);
}
