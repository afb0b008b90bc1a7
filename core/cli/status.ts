/** `runtime status`: the latest deployments, or one with its hosts and their events. @module */
import { z } from "zod";
import type { DeploymentInfo } from "./answers.ts";
import { GotDeployment } from "./answers.ts";
import { openApi } from "./api.ts";
import { deploymentPages, targetsOf } from "./deployments.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import { jsonLine } from "./json_line.ts";
import { deploymentTable, deploymentText } from "./status_text.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

/** Deployments that the overview shows. */
const LATEST = 10;

export default verb({
  summary: "Show the latest deployments, or one with its hosts",
  arguments: [["[deployment]", "deployment to show in full"]],
  flags: [
    { flags: "--app <name>", text: "only of this application (with --group)" },
    { flags: "--group <name>", text: "only of this deployment group (with --app)" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime status",
    "runtime status d-7H2K9QX4M",
    "runtime status --app shop --group production",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    deployment: z.string().exactOptional(),
    app: z.string().exactOptional(),
    group: z.string().exactOptional(),
  }),
  async run({ deployment: deploymentId, app, group, ...input }, io) {
    if ((app === undefined) !== (group === undefined)) {
      throw usageFailure("--app and --group go together", [], [
        "runtime status --app APP --group GROUP",
      ]);
    }
    const api = await openApi(io, input);
    if (deploymentId !== undefined) {
      const { deploymentInfo } = await api.codedeploy(
        "GetDeployment",
        { deploymentId },
        GotDeployment,
      );
      const targets = await targetsOf(api, deploymentId);
      io.stdout.write(
        input.json
          ? jsonLine({ deployment: deploymentInfo, targets })
          : deploymentText(deploymentInfo, targets, io.now()),
      );
      return EXIT.done;
    }
    const filter = app === undefined ? {} : { applicationName: app, deploymentGroupName: group };
    const latest: DeploymentInfo[] = [];
    for await (const page of deploymentPages(api, filter)) {
      latest.push(...page);
      if (latest.length >= LATEST) break;
    }
    const shown = latest.slice(0, LATEST);
    io.stdout.write(
      input.json ? jsonLine({ deployments: shown }) : deploymentTable(shown, io.now()),
    );
    return EXIT.done;
  },
});
