/** `runtime retry`: a deployment once more, on all hosts or on those that it did not succeed on. @module */
import { z } from "zod";
import { DeploymentCreated } from "./answers.ts";
import { openApi } from "./api.ts";
import { FOLLOW_FLAGS, FOLLOW_INPUT, followCreated } from "./follow.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Deploy once more what a deployment was asked to, and follow it",
  arguments: [["<deployment>", "deployment that has ended"]],
  flags: [
    { flags: "--failed-only", text: "only on the hosts that it did not succeed on" },
    ...FOLLOW_FLAGS,
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: ["runtime retry d-7H2K9QX4M --failed-only", "runtime retry d-7H2K9QX4M"],
  input: z.object({
    ...CLIENT_INPUT,
    ...FOLLOW_INPUT,
    deployment: z.string(),
    failedOnly: z.boolean().default(false),
  }),
  async run({ deployment, failedOnly, ...input }, io) {
    const api = await openApi(io, input);
    const asked = { deploymentId: deployment, failedOnly };
    const { deploymentId } = await api.runtime("RetryDeployment", asked, DeploymentCreated);
    return await followCreated(api, io, deploymentId, input);
  },
});
