/** `runtime deploy`: brings a revision to the hosts of a group and follows it to its end. @module */
import { z } from "zod";
import { FileExistsBehavior } from "../domain/deployment.ts";
import { type RevisionLocation, revisionTitle } from "../domain/revision.ts";
import { DeploymentCreated } from "./answers.ts";
import { type Api, openApi } from "./api.ts";
import { usageFailure } from "./failure.ts";
import { FOLLOW_FLAGS, FOLLOW_INPUT, followCreated } from "./follow.ts";
import type { Io } from "./io.ts";
import { pushRevision } from "./push_revision.ts";
import { parseRevision } from "./revision_argument.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Deploy a revision to a group of hosts and follow it",
  arguments: [["[path]", "folder or bundle to push first"]],
  flags: [
    { flags: "--app <name>", text: "application" },
    { flags: "--group <name>", text: "deployment group" },
    {
      flags: "--revision <revision>",
      text: "s3://bucket/key[?versionId=…&eTag=…] or github:owner/repo@sha",
    },
    { flags: "--config <name>", text: "deployment config instead of the group's" },
    { flags: "--description <text>", text: "why, at most 256 characters" },
    {
      flags: "--file-exists <behavior>",
      text: "DISALLOW, OVERWRITE or RETAIN files that are in the way",
    },
    {
      flags: "--ignore-application-stop-failures",
      text: "go on when the old revision's ApplicationStop fails",
    },
    ...FOLLOW_FLAGS,
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime deploy --app shop --group production ./shop",
    "runtime deploy --app shop --group production --revision s3://revisions/shop/4f2a.tgz --no-wait",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    ...FOLLOW_INPUT,
    path: z.string().exactOptional(),
    app: z.string("give the application"),
    group: z.string("give the deployment group"),
    revision: z.string().exactOptional(),
    config: z.string().exactOptional(),
    description: z.string().exactOptional(),
    fileExists: z.string().toUpperCase().pipe(FileExistsBehavior).exactOptional(),
    ignoreApplicationStopFailures: z.literal(true).exactOptional(),
  }),
  async run(input, io) {
    const source = sourceOf(input);
    const api = await openApi(io, input);
    const revision = source.kind === "revision"
      ? source.revision
      : await pushed(api, io, { path: source.path, app: input.app }, input);
    const { config, description, fileExists, ignoreApplicationStopFailures } = input;
    const { deploymentId } = await api.codedeploy("CreateDeployment", {
      applicationName: input.app,
      deploymentGroupName: input.group,
      revision,
      ...(config !== undefined && { deploymentConfigName: config }),
      ...(description !== undefined && { description }),
      ...(fileExists !== undefined && { fileExistsBehavior: fileExists }),
      ...(ignoreApplicationStopFailures && { ignoreApplicationStopFailures }),
    }, DeploymentCreated);
    return await followCreated(api, io, deploymentId, input);
  },
});

type Source = { kind: "path"; path: string } | { kind: "revision"; revision: RevisionLocation };

function sourceOf({ path, revision }: { path?: string; revision?: string }): Source {
  const examples = [
    "runtime deploy --app APP --group GROUP ./DIR",
    "runtime deploy --app APP --group GROUP --revision s3://BUCKET/KEY.tgz",
  ];
  if (path !== undefined && revision !== undefined) {
    throw usageFailure("Give a path or --revision, not both", [path, revision], examples);
  }
  if (path !== undefined) return { kind: "path", path };
  if (revision !== undefined) return { kind: "revision", revision: parseRevision(revision) };
  throw usageFailure("Nothing to deploy: give a folder to push or --revision", [], examples);
}

async function pushed(
  api: Api,
  io: Io,
  what: { path: string; app: string },
  { json }: { json: boolean },
): Promise<RevisionLocation> {
  const { revision, bytes } = await pushRevision(api, io, what);
  if (!json) io.stdout.write(`Pushed ${revisionTitle(revision)} (${bytes} bytes)\n`);
  return revision;
}
