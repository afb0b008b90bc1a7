/** `runtime deploy`: brings a revision to the hosts of a group and follows it to its end. @module */
import { z } from "zod";
import { FileExistsBehavior } from "../domain/deployment.ts";
import { type RevisionLocation, revisionTitle } from "../domain/revision.ts";
import { ApiError } from "../wire/aws_json.ts";
import { type Api, openApi } from "./api.ts";
import { asFailure } from "./api_failure.ts";
import {
  createDeployment,
  GREEN_FLAG,
  GREEN_INPUT,
  greenHosts,
  OVERRIDE_FLAG,
} from "./create_deployment.ts";
import { EXIT } from "./exit.ts";
import { Failure, usageFailure } from "./failure.ts";
import { FOLLOW_FLAGS, FOLLOW_INPUT, followCreated } from "./follow.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { pushRevision } from "./push_revision.ts";
import { parseRevision, revisionArgument } from "./revision_argument.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { dateTime } from "./words.ts";

/** Milliseconds since the epoch; without an offset it is the time here. */
const StartTime = z.string().transform((text, context) => {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  context.addIssue({ code: "custom", message: "a time is wanted, such as 2026-12-24T18:00+01:00" });
  return z.NEVER;
});

export default verb({
  summary: "Deploy a revision to a group of hosts and follow it",
  arguments: [["[path]", "folder or bundle to push first"]],
  flags: [
    { flags: "--app <name>", text: "application" },
    { flags: "--group <name>", text: "deployment group" },
    {
      flags: "--revision <revision>",
      text: "s3://bucket/key[?versionId=…&eTag=…], github:owner/repo@sha or https://…#sha256=…",
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
    { flags: "--outdated-only", text: "leave hosts alone that are on the revision already" },
    { flags: "--at <time>", text: "begin then, such as 2026-12-24T18:00+01:00, and do not wait" },
    GREEN_FLAG,
    OVERRIDE_FLAG,
    ...FOLLOW_FLAGS,
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime deploy --app shop --group production ./shop",
    "runtime deploy --app shop --group production --revision s3://revisions/shop/4f2a.tgz --no-wait",
    "runtime deploy --app shop --group production ./shop --green stack=green",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    ...FOLLOW_INPUT,
    ...GREEN_INPUT,
    path: z.string().exactOptional(),
    app: z.string("give the application"),
    group: z.string("give the deployment group"),
    revision: z.string().exactOptional(),
    config: z.string().exactOptional(),
    description: z.string().exactOptional(),
    fileExists: z.string().toUpperCase().pipe(FileExistsBehavior).exactOptional(),
    ignoreApplicationStopFailures: z.literal(true).exactOptional(),
    outdatedOnly: z.literal(true).exactOptional(),
    at: StartTime.exactOptional(),
    overrideFreeze: z.string().exactOptional(),
  }),
  async run(input, io) {
    const source = sourceOf(input);
    const api = await openApi(io, input);
    const { app, group, config, description, fileExists, ignoreApplicationStopFailures } = input;
    const revision = source.kind === "revision"
      ? source.revision
      : await pushed(api, io, { path: source.path, app, group }, input);
    const creating = createDeployment(api, {
      applicationName: app,
      deploymentGroupName: group,
      revision,
      ...(config !== undefined && { deploymentConfigName: config }),
      ...(description !== undefined && { description }),
      ...(fileExists !== undefined && { fileExistsBehavior: fileExists }),
      ...(ignoreApplicationStopFailures && { ignoreApplicationStopFailures }),
      ...(input.outdatedOnly && { updateOutdatedInstancesOnly: true }),
      ...greenHosts(input.green),
    }, input);
    const { deploymentId } = source.kind === "revision"
      ? await creating
      : await creating.catch((error) => {
        throw afterPush(error, { app, group, revision });
      });
    if (input.at !== undefined) return said(io, deploymentId, input.at, input);
    return await followCreated(api, io, deploymentId, input);
  },
});

function said(io: Io, deploymentId: string, at: number, { json }: { json: boolean }): number {
  const next = `Take it back: runtime stop ${deploymentId}`;
  io.stdout.write(
    json
      ? jsonLine({ deploymentId })
      : `Created ${deploymentId}, which begins at ${dateTime(at)}. ${next}\n`,
  );
  return EXIT.done;
}

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
  what: { path: string; app: string; group: string },
  { json }: { json: boolean },
): Promise<RevisionLocation> {
  const { revision, bytes } = await pushRevision(api, io, what);
  if (!json) io.stdout.write(`Pushed ${revisionTitle(revision)} (${bytes} bytes)\n`);
  return revision;
}

/** The failure of a deployment whose revision was pushed for it: that much was done, and stays. */
function afterPush(
  error: unknown,
  { app, group, revision }: { app: string; group: string; revision: RevisionLocation },
): Failure {
  const { report } = asFailure(error);
  // A refusal is certain; after any other failure the deployment may have been created.
  const refused = error instanceof ApiError && error.status < 500;
  const rest = refused ? "no deployment was created" : report.state;
  const again = `runtime deploy --app ${app} --group ${group} --revision ` +
    `${revisionArgument(revision)}`;
  return new Failure({
    ...report,
    state: `the revision was pushed: ${revisionTitle(revision)}; ${rest}`,
    next: [...report.next, again],
  }, { cause: error });
}
