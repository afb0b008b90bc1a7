/** `runtime explain`: why a deployment failed, how its hosts are now, and what to do next. @module */
import { z } from "zod";
import { ExplainDeploymentOutput } from "../wire/explain_api.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { renderReport } from "./failure.ts";
import { explainedReport } from "./failure_report.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Tell why a deployment failed, or what it waits for",
  arguments: [["<deployment>", "deployment"]],
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime explain d-7H2K9QX4M"],
  input: z.object({ ...CLIENT_INPUT, deployment: z.string() }),
  async run({ deployment: deploymentId, json, ...input }, io) {
    const api = await openApi(io, input);
    const asked = { deploymentId };
    const explained = await api.runtime("ExplainDeployment", asked, ExplainDeploymentOutput);
    io.stdout.write(json ? jsonLine(explained) : renderReport(explainedReport(explained)));
    // Asked and answered, whatever became of the deployment.
    return EXIT.done;
  },
});
