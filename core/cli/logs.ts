/** `runtime logs`: what the scripts of a deployment printed, as it was and as it comes. @module */
import { z } from "zod";
import { type Api, openApi } from "./api.ts";
import { targetIdPages } from "./deployments.ts";
import { followEvents, type LogEvent, missedLogs } from "./event_stream.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { clock, harmless, some } from "./words.ts";

export default verb({
  summary: "Show what the scripts of a deployment printed",
  arguments: [["<deployment>", "deployment"]],
  flags: [
    { flags: "--host <name>", text: "only this host" },
    { flags: "-f, --follow", text: "go on until the deployment ends" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: ["runtime logs d-7H2K9QX4M --host web-1", "runtime logs d-7H2K9QX4M -f"],
  input: z.object({
    ...CLIENT_INPUT,
    deployment: z.string(),
    host: z.string().exactOptional(),
    follow: z.boolean().default(false),
  }),
  async run({ deployment, host, follow, json, ...input }, io) {
    const api = await openApi(io, input);
    if (host !== undefined) await requireHost(api, deployment, host);
    let lines = 0;
    const print = (event: LogEvent) => {
      if (host === undefined || event.targetId === host) lines += printLog(io, event, { json });
    };
    if (follow) {
      // Ctrl-C ends the process: nothing here needs an orderly end.
      const { signal } = new AbortController();
      for await (const event of followEvents(api, deployment, io, signal)) {
        if (event.kind === "log") print(event);
      }
    } else {
      for await (const event of missedLogs(api, deployment, 0, host)) print(event);
    }
    // A deployment has its hosts only when it has started: one that is followed may have by now.
    if (lines === 0 && host !== undefined && follow) await requireHost(api, deployment, host);
    if (lines === 0 && !json) {
      const whose = host === undefined ? deployment : `${deployment} on ${host}`;
      io.stderr.write(`No output of ${whose}. How its hosts fare: runtime status ${deployment}\n`);
    }
    return EXIT.done;
  },
});

/** Throws a usage failure when a deployment that has started has no host of this name. */
async function requireHost(api: Api, deployment: string, host: string): Promise<void> {
  const names: string[] = [];
  let started = false;
  for await (const page of targetIdPages(api, deployment)) {
    if (page.includes(host)) return;
    started = true;
    names.push(...page);
  }
  if (!started) return;
  throw usageFailure(
    `Deployment ${deployment} has no host ${JSON.stringify(host)}`,
    [names.length === 0 ? "it has no hosts at all" : `its hosts: ${some(names)}`],
    [`runtime logs ${deployment} --host ${names[0] ?? "HOST"}`, `runtime status ${deployment}`],
  );
}

/** Answers how many lines it printed. */
function printLog(io: Io, { targetId, lines }: LogEvent, { json }: { json: boolean }): number {
  for (const line of lines) {
    io.stdout.write(
      json
        ? jsonLine({ targetId, ...line })
        : `${clock(line.at)} ${targetId} | ${line.event} | ${harmless(line.text)}\n`,
    );
  }
  return lines.length;
}
