/** `runtime stop`: ends a running deployment. @module */
import { z } from "zod";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

const Stopping = z.looseObject({
  status: z.enum(["Pending", "Succeeded"]),
  statusMessage: z.string().optional(),
});

export default verb({
  summary: "Stop a running deployment and roll its hosts back",
  arguments: [["<deployment>", "deployment"]],
  flags: [
    // StopDeployment cannot forbid what the group's own configuration asks for (API reference).
    { flags: "--no-rollback", text: "ask for no rollback; a rule of the group still applies" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: ["runtime stop d-7H2K9QX4M", "runtime stop d-7H2K9QX4M --no-rollback"],
  input: z.object({ ...CLIENT_INPUT, deployment: z.string(), rollback: z.boolean().default(true) }),
  async run({ deployment: deploymentId, rollback, json, ...input }, io) {
    const api = await openApi(io, input);
    const asked = { deploymentId, autoRollbackEnabled: rollback };
    const answer = await api.codedeploy("StopDeployment", asked, Stopping);
    if (json) {
      io.stdout.write(jsonLine({ deploymentId, ...answer }));
      return EXIT.done;
    }
    const what = answer.status === "Succeeded"
      ? `Stopped ${deploymentId}.`
      : `Stopping ${deploymentId}: scripts that run now come to their end.`;
    io.stdout.write(`${what} See what came of it: runtime status ${deploymentId}\n`);
    return EXIT.done;
  },
});
