/** `runtime agent gc`: removes old revisions and what else this host's agent needs no more. @module */
import { z } from "zod";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";
import { jsonLine } from "./json_line.ts";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import { JSON_FLAG, verb } from "./verb.ts";
import { harmless } from "./words.ts";

export default verb({
  summary: "Remove old revisions, logs and broken downloads of this host's agent",
  flags: [
    { flags: "--config <file>", text: "the agent's configuration", value: DEFAULT_AGENT_CONFIG },
    { flags: "--keep <n>", text: "revisions that stay of each group (else :max_revisions:)" },
    { flags: "--dry-run", text: "only say what would be removed" },
    JSON_FLAG,
  ],
  examples: ["runtime agent gc --dry-run", "runtime agent gc --keep 2"],
  input: z.object({
    config: z.string().min(1, "a file is wanted"),
    keep: z.string().regex(/^[1-9]\d{0,5}$/, "a number from 1 on is wanted").transform(Number)
      .exactOptional(),
    dryRun: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ config, keep, dryRun, json }, io, rooms) {
    const { gc } = await rooms.agentGc();
    const mode = dryRun ? "look" : "apply";
    const answer = await gc({ config, mode, ...(keep !== undefined && { keep }) });
    if ("failure" in answer) throw new Failure(answer.failure);
    const { removed, bytes, isDryRun } = answer.report;
    if (json) io.stdout.write(jsonLine(answer.report));
    else {
      for (const one of removed) {
        io.stdout.write(harmless(`${one.path}  ${one.bytes} bytes  ${one.why}`) + "\n");
      }
      io.stdout.write(`${isDryRun ? "Would free" : "Freed"} ${bytes} bytes\n`);
    }
    return EXIT.done;
  },
});
