/** `runtime agent repair`: finds what is wrong with the agent's own files, and mends it. @module */
import { z } from "zod";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";
import { jsonLine } from "./json_line.ts";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import type { RepairReport } from "./rooms.ts";
import { JSON_FLAG, verb } from "./verb.ts";
import { harmless } from "./words.ts";

export default verb({
  summary: "Find and mend damage to the files by which this host's agent knows what it installed",
  flags: [
    { flags: "--config <file>", text: "the agent's configuration", value: DEFAULT_AGENT_CONFIG },
    { flags: "--apply", text: "mend what is found (else nothing is changed)" },
    JSON_FLAG,
  ],
  examples: ["runtime agent repair", "runtime agent repair --apply"],
  input: z.object({
    config: z.string().min(1, "a file is wanted"),
    apply: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ config, apply, json }, io, rooms) {
    const { repair } = await rooms.agentRepair();
    const answer = await repair({ config, mode: apply ? "apply" : "look" });
    if ("failure" in answer) throw new Failure(answer.failure);
    const { report } = answer;
    io.stdout.write(json ? jsonLine(report) : reportText(report));
    const left = report.findings.filter(({ mend }) => !report.isApplied || mend === undefined);
    return left.length === 0 ? EXIT.done : EXIT.failed;
  },
});

function reportText({ root, findings, untouched, isApplied }: RepairReport): string {
  const lines: string[] = [];
  for (const { path, problem, advice, mend } of findings) {
    lines.push(harmless(`${path} ${problem}`));
    const label = mend === undefined ? "by hand" : isApplied ? "mended " : "to mend";
    lines.push(`  ${label}  ${harmless(advice)}`);
  }
  for (const { path, why } of untouched) lines.push(harmless(`${path} is left alone: ${why}`));
  if (findings.length === 0) lines.push(`Nothing to mend in ${root}`);
  else if (!isApplied) lines.push("Nothing was changed; to mend: runtime agent repair --apply");
  return `${lines.join("\n")}\n`;
}
