/** `runtime agent status`: what this host's files say of its agent. @module */
import { z } from "zod";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";
import { jsonLine } from "./json_line.ts";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import type { AgentStatus } from "./rooms.ts";
import { table } from "./status_text.ts";
import { JSON_FLAG, verb } from "./verb.ts";
import { dateTime, harmless } from "./words.ts";

export default verb({
  summary: "Show whether this host's agent runs, and what it did last",
  flags: [
    { flags: "--config <file>", text: "the agent's configuration", value: DEFAULT_AGENT_CONFIG },
    JSON_FLAG,
  ],
  examples: ["runtime agent status", "runtime agent status --config ./conf/codedeployagent.yml"],
  input: z.object({
    config: z.string().min(1, "a file is wanted"),
    json: z.boolean().default(false),
  }),
  async run({ config, json }, io, rooms) {
    const { agentStatus } = await rooms.agentStatus();
    const answer = await agentStatus({ config });
    if ("failure" in answer) throw new Failure(answer.failure);
    const { status } = answer;
    const running = status.pid !== undefined;
    if (!json) {
      for (const warning of status.warnings ?? []) {
        io.stderr.write(`warning: ${harmless(warning)}\n`);
      }
    }
    io.stdout.write(json ? jsonLine({ running, ...status }) : statusText(status));
    return running ? EXIT.done : EXIT.notRunning;
  },
});

function statusText({ name, server, root, pid, orders, groups }: AgentStatus): string {
  const revisions = groups.reduce((sum, group) => sum + group.revisions, 0);
  const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
  const head = pid === undefined ? `${name} is not running\n` : `${name} runs, process ${pid}\n`;
  const facts = table([
    ["server", server],
    ["root", root],
    ["revisions", `${revisions}, ${size(bytes)}`],
  ], "  ");
  const parts = [head + facts];
  if (orders.length > 0) {
    parts.push(table([["LAST", "DEPLOYMENT", "GROUP", "STATUS", "EVENT"], ...orders.map(row)], ""));
  }
  if (groups.length > 0) {
    const rows = groups.map((group) => [
      group.groupId,
      String(group.revisions),
      size(group.bytes),
      group.installed ?? "-",
    ]);
    parts.push(table([["GROUP ID", "REVISIONS", "SIZE", "INSTALLED"], ...rows], ""));
  }
  return parts.join("\n");
}

function row({ at, deploymentId, application, group, ...order }: AgentStatus["orders"][number]) {
  const why = order.message === undefined ? "" : `: ${harmless(order.message)}`;
  return [
    dateTime(at),
    deploymentId ?? "-",
    group === undefined ? "-" : `${application}/${group}`,
    order.status,
    `${order.event ?? "-"}${why}`,
  ];
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** `0 bytes`, `12.3 MB`, in thousands. */
function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
