/**
 * `runtime rollback`: deploys the last revision of a group that succeeded and is not the one to get
 * away from. A rollback is a new deployment like any other (CodeDeploy user guide).
 * Its creator is `user`: CreateDeployment has no member that says otherwise, so OnRollback hooks are
 * left to the rollbacks that the server starts itself.
 * @module
 */
import { z } from "zod";
import { revisionIdentity, type RevisionLocation, revisionTitle } from "../domain/revision.ts";
import { type DeploymentInfo, GotDeployment, GotGroup } from "./answers.ts";
import { type Api, openApi } from "./api.ts";
import {
  createDeployment,
  GREEN_FLAG,
  GREEN_INPUT,
  greenHosts,
  OVERRIDE_FLAG,
} from "./create_deployment.ts";
import { deploymentPages } from "./deployments.ts";
import { EXIT } from "./exit.ts";
import { Failure, usageFailure } from "./failure.ts";
import { FOLLOW_FLAGS, FOLLOW_INPUT, followCreated } from "./follow.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Deploy the revision that a group had before",
  arguments: [["[deployment]", "deployment to undo"]],
  flags: [
    { flags: "--app <name>", text: "application, instead of a deployment" },
    { flags: "--group <name>", text: "deployment group, instead of a deployment" },
    GREEN_FLAG,
    OVERRIDE_FLAG,
    ...FOLLOW_FLAGS,
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime rollback d-7H2K9QX4M",
    "runtime rollback --app shop --group production",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    ...FOLLOW_INPUT,
    ...GREEN_INPUT,
    overrideFreeze: z.string().exactOptional(),
    deployment: z.string().exactOptional(),
    app: z.string().exactOptional(),
    group: z.string().exactOptional(),
  }),
  async run(input, io) {
    const api = await openApi(io, input);
    const from = await startingPoint(api, input);
    const good = await lastGood(api, from);
    if (!input.json) io.stdout.write(`Rolling back to ${revisionTitle(good.revision)}\n`);
    const { deploymentId } = await createDeployment(api, {
      applicationName: from.applicationName,
      deploymentGroupName: from.deploymentGroupName,
      revision: good.revision,
      description: `Rollback of ${from.what}`,
      // The behaviour of the deployment that succeeded, as with an automatic rollback.
      ...(good.fileExistsBehavior && { fileExistsBehavior: good.fileExistsBehavior }),
      ...greenHosts(input.green),
    }, input);
    return await followCreated(api, io, deploymentId, input);
  },
});

interface StartingPoint {
  applicationName: string;
  deploymentGroupName: string;
  /** The revision to get away from; a group that never had one has nothing to go back to. */
  revision: RevisionLocation | undefined;
  /** For the description: a deployment's id or `app/group`. */
  what: string;
}

async function startingPoint(
  api: Api,
  given: { deployment?: string; app?: string; group?: string },
): Promise<StartingPoint> {
  const { deployment: deploymentId, app, group } = given;
  if (deploymentId !== undefined && app === undefined && group === undefined) {
    const { deploymentInfo } = await api.codedeploy(
      "GetDeployment",
      { deploymentId },
      GotDeployment,
    );
    const { applicationName, deploymentGroupName, revision } = deploymentInfo;
    return { applicationName, deploymentGroupName, revision, what: deploymentId };
  }
  if (deploymentId !== undefined || app === undefined || group === undefined) {
    throw usageFailure("Name one deployment, or --app and --group", [], [
      "runtime rollback DEPLOYMENT",
      "runtime rollback --app APP --group GROUP",
    ]);
  }
  const name = { applicationName: app, deploymentGroupName: group };
  const { deploymentGroupInfo } = await api.codedeploy("GetDeploymentGroup", name, GotGroup);
  return {
    ...name,
    revision: deploymentGroupInfo.targetRevision ?? undefined,
    what: `${app}/${group}`,
  };
}

type Good = DeploymentInfo & { revision: RevisionLocation };

/** The newest deployment that succeeded with another revision. */
async function lastGood(api: Api, from: StartingPoint): Promise<Good> {
  const { applicationName, deploymentGroupName, revision } = from;
  const bad = revision && revisionIdentity(revision);
  const wanted = { applicationName, deploymentGroupName, includeOnlyStatuses: ["Succeeded"] };
  for await (const page of deploymentPages(api, wanted)) {
    for (const info of page) {
      if (info.revision !== undefined && revisionIdentity(info.revision) !== bad) {
        return { ...info, revision: info.revision };
      }
    }
  }
  throw new Failure({
    exitCode: EXIT.usage,
    cause: `Nothing to roll back to: no other revision ever succeeded in ` +
      `${applicationName}/${deploymentGroupName}`,
    evidence: revision ? [`${from.what} is on ${revisionTitle(revision)}`] : [],
    state: "nothing was changed",
    next: [`runtime status --app ${applicationName} --group ${deploymentGroupName}`],
  });
}
