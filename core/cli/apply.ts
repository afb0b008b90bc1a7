/** `runtime apply`: makes the server have what a file declares; a second run changes nothing. @module */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { Empty } from "./answers.ts";
import { type Api, openApi } from "./api.ts";
import { parseDeclaration } from "./apply_file.ts";
import { integrationChanges } from "./apply_integrations.ts";
import { type Change, planChanges } from "./apply_plan.ts";
import { topicsOf } from "./apply_topics.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Create and update applications, groups and configs from a file",
  flags: [
    { flags: "-f, --file <file>", text: "YAML file that declares them", value: "deploy.yaml" },
    { flags: "--dry-run", text: "say what would change, and change nothing" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: ["runtime apply -f deploy.yaml", "runtime apply -f deploy.yaml --dry-run"],
  input: z.object({ ...CLIENT_INPUT, file: z.string(), dryRun: z.boolean().default(false) }),
  async run({ file, dryRun, json, ...input }, io) {
    const text = await readFile(resolve(io.cwd, file), "utf8").catch((cause) => {
      throw usageFailure(`${file} cannot be read`, [String(cause)], ["runtime apply -f FILE"]);
    });
    const parsed = parseDeclaration(file, text);
    const api = await openApi(io, input);
    const changes = [
      ...await integrationChanges(api, parsed),
      ...await planChanges(api, parsed.declared, await topicsOf(api, parsed)),
    ];
    for (const change of changes) {
      if (!dryRun) await carryOut(api, change);
      if (!json) io.stdout.write(`${dryRun ? planned(change) : done(change)}\n`);
    }
    if (json) {
      const shown = changes.map(({ action, kind, name, members }) => ({
        action,
        kind,
        name,
        members,
      }));
      io.stdout.write(jsonLine({ changes: shown, applied: !dryRun }));
    } else if (changes.length === 0) {
      io.stdout.write("nothing to change\n");
    }
    return EXIT.done;
  },
});

async function carryOut(api: Api, { calls }: Change): Promise<void> {
  for (const { operation, input, isOurs } of calls) {
    await (isOurs ? api.runtime : api.codedeploy)(operation, input, Empty);
  }
}

function done({ action, kind, name, members }: Change): string {
  return action === "create"
    ? `created ${kind} ${name}`
    : `updated ${kind} ${name}: ${members.join(", ")}`;
}

function planned({ action, kind, name, members }: Change): string {
  return action === "create"
    ? `would create ${kind} ${name}`
    : `would update ${kind} ${name}: ${members.join(", ")}`;
}
