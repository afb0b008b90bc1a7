/**
 * `runtime restart`: stops and starts a group's application again, from the revision that is on its
 * hosts: a deployment with deploymentMode RESTART, followed as any other.
 * @module
 */
import { z } from "zod";
import { openApi } from "./api.ts";
import { createDeployment, OVERRIDE_FLAG } from "./create_deployment.ts";
import { FOLLOW_FLAGS, FOLLOW_INPUT, followCreated } from "./follow.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Run the scripts of the revision that a group has once more, and follow it",
  flags: [
    { flags: "--app <name>", text: "application" },
    { flags: "--group <name>", text: "deployment group" },
    { flags: "--config <name>", text: "deployment config instead of the group's" },
    { flags: "--description <text>", text: "why, at most 256 characters" },
    {
      flags: "--ignore-application-stop-failures",
      text: "go on when ApplicationStop fails",
    },
    OVERRIDE_FLAG,
    ...FOLLOW_FLAGS,
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime restart --app shop --group production",
    "runtime restart --app shop --group production --config CodeDeployDefault.AllAtOnce",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    ...FOLLOW_INPUT,
    overrideFreeze: z.string().exactOptional(),
    app: z.string("give the application"),
    group: z.string("give the deployment group"),
    config: z.string().exactOptional(),
    description: z.string().exactOptional(),
    ignoreApplicationStopFailures: z.literal(true).exactOptional(),
  }),
  async run(input, io) {
    const api = await openApi(io, input);
    const { app, group, config, description, ignoreApplicationStopFailures } = input;
    const { deploymentId } = await createDeployment(api, {
      applicationName: app,
      deploymentGroupName: group,
      deploymentMode: "RESTART",
      ...(config !== undefined && { deploymentConfigName: config }),
      ...(description !== undefined && { description }),
      ...(ignoreApplicationStopFailures && { ignoreApplicationStopFailures }),
    }, input);
    return await followCreated(api, io, deploymentId, input);
  },
});
