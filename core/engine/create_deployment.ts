/**
 * CreateDeployment: everything that can be refused at once is refused here, inside the commit that
 * creates the deployment, so that two requests at the same time cannot both pass (spec 1.3).
 * @module
 */
import { and, eq, sql } from "drizzle-orm";
import { type Deployment, NO_TARGETS } from "../domain/deployment.ts";
import type { FileExistsBehavior } from "../domain/deployment.ts";
import {
  DEFAULT_SERVER_CONFIG,
  type DeploymentConfig,
  PREDEFINED_CONFIGS,
} from "../domain/deployment_config.ts";
import type { AlarmConfiguration, AutoRollbackConfiguration } from "../domain/deployment_group.ts";
import { DomainError } from "../domain/errors.ts";
import { deploymentIdFrom } from "../domain/name.ts";
import { revisionIdentity, type RevisionLocation } from "../domain/revision.ts";
import {
  begunDeploymentOf,
  countActiveDeployments,
  insertDeployment,
} from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { UnreadableSecret } from "../store/secret_cipher.ts";
import { applications, deploymentConfigs, deploymentGroups, revisions } from "../store/schema.ts";
import type { EngineContext } from "./context.ts";
import { githubOwner } from "./order.ts";
import { refuseForPlatform, refuseUnsupported } from "./refuse_unsupported.ts";
import { refuseRestart, type What, whatToRestart } from "./restart.ts";

export interface CreateDeploymentInput {
  applicationName: string;
  deploymentGroupName: string;
  /** `restart` runs the group's last successful revision again, from what is on the hosts. */
  revision: RevisionLocation | "restart";
  deploymentConfigName?: string;
  description?: string;
  ignoreApplicationStopFailures: boolean;
  updateOutdatedInstancesOnly: boolean;
  /** Left out: DISALLOW, or for a restart that of the deployment whose files are there. */
  fileExistsBehavior?: FileExistsBehavior;
  autoRollbackConfiguration?: AutoRollbackConfiguration;
  overrideAlarmConfiguration?: AlarmConfiguration;
}

/** Everything of a request that can be refused whatever else is under way; throws DomainError. */
export function checkDeployment(tx: Tx, input: CreateDeploymentInput, context: EngineContext) {
  const { application, group } = applicationAndGroup(tx, input);
  const config = configNamed(tx, input.deploymentConfigName ?? group.settings.deploymentConfigName);
  refuseForPlatform(application.computePlatform, input);
  if (input.revision === "restart") refuseRestart(application.computePlatform, group.settings);
  const what = input.revision === "restart"
    ? whatToRestart(tx, group)
    : whatToDeploy(input.revision, context);
  const alarms = input.overrideAlarmConfiguration ?? group.settings.alarmConfiguration;
  refuseUnsupported({
    platform: application.computePlatform,
    settings: group.settings,
    config,
    revision: what.revision,
    alarms,
  });
  return { application, group, config, what, alarms };
}

/** Checks, registers the revision if it is new, and writes the deployment as Created, or Queued. */
export function createDeployment(
  tx: Tx,
  input: CreateDeploymentInput,
  context: EngineContext,
  random: Uint8Array,
): Deployment {
  const now = context.now();
  const { application, group, config, what, alarms } = checkDeployment(tx, input, context);
  const { overrideAlarmConfiguration: overrideAlarms } = input;
  const autoRollback = input.autoRollbackConfiguration ?? group.settings.autoRollbackConfiguration;
  const { loadBalancerInfo: loadBalancer, blueGreenDeploymentConfiguration: blueGreen } =
    group.settings;
  const active = begunDeploymentOf(tx, group.id);
  // What a restart runs again is known when it is asked for, so it cannot wait.
  if (active && (context.busyGroup === "refuse" || input.revision === "restart")) {
    throw new DomainError(
      "DeploymentLimitExceededException",
      "deploymentGroupName",
      `The Deployment Group '${group.name}' already has an active Deployment '${active}'`,
    );
  }
  refuseTooMany(tx, context.quotas.activeDeployments);
  noteRevision(tx, application.id, what.revision, now);
  const deployment: Deployment = {
    id: deploymentIdFrom(random),
    applicationId: application.id,
    groupId: group.id,
    status: active ? "Queued" : "Created",
    createTime: now,
    overview: NO_TARGETS,
    rollback: {},
    statusMessages: [],
    request: {
      fileExistsBehavior: "DISALLOW",
      ...what,
      configName: config.name,
      config,
      computePlatform: application.computePlatform,
      style: group.settings.deploymentStyle ??
        { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
      creator: "user",
      ignoreApplicationStopFailures: input.ignoreApplicationStopFailures,
      updateOutdatedInstancesOnly: input.updateOutdatedInstancesOnly,
      ...(input.fileExistsBehavior && { fileExistsBehavior: input.fileExistsBehavior }),
      ...(group.targetRevision && { previousRevision: group.targetRevision }),
      ...(input.description !== undefined && { description: input.description }),
      ...(autoRollback && { autoRollback }),
      ...(alarms && { alarms }),
      ...(overrideAlarms && { overrideAlarms }),
      ...(loadBalancer && { loadBalancer }),
      ...(blueGreen && { blueGreen }),
    },
  };
  insertDeployment(tx, deployment);
  if (active) return deployment;
  tx.update(deploymentGroups).set({ lastAttemptedDeploymentId: deployment.id })
    .where(eq(deploymentGroups.id, group.id)).run();
  return deployment;
}

function whatToDeploy(revision: RevisionLocation, context: EngineContext): What {
  refuseLostToken(revision, context);
  const artifact = revision.revisionType === "S3"
    ? context.findArtifact(revision.s3Location)
    : undefined;
  return { revision, ...(artifact && { artifact }) };
}

/** Without a token GitHub is asked as anybody; one that cannot be read would fail host after host. */
function refuseLostToken(revision: RevisionLocation, context: EngineContext): void {
  const owner = githubOwner({ revision });
  if (owner === undefined) return;
  try {
    context.githubToken(owner);
  } catch (error) {
    if (!(error instanceof UnreadableSecret)) throw error;
    throw new DomainError(
      "InvalidGitHubAccountTokenException",
      "revision",
      `revision: ${error.message}. Put the token again: runtime github-token set NAME`,
    );
  }
}

/** The limit of the account (spec 1.5); one deployment a group is a rule of its own. */
function refuseTooMany(tx: Tx, most: number): void {
  if (most === Infinity) return;
  const active = countActiveDeployments(tx);
  if (active < most) return;
  throw new DomainError(
    "DeploymentLimitExceededException",
    "",
    `There are ${active} deployments under way, the most there may be. Wait for one to end, or ` +
      `start the server with --limit active-deployments=NUMBER.`,
  );
}

function applicationAndGroup(tx: Tx, input: CreateDeploymentInput) {
  const { applicationName, deploymentGroupName } = input;
  const application = tx.select().from(applications)
    .where(eq(applications.name, applicationName)).get();
  if (!application) {
    throw new DomainError(
      "ApplicationDoesNotExistException",
      "applicationName",
      `No application found for name: ${applicationName}`,
    );
  }
  const group = tx.select().from(deploymentGroups).where(and(
    eq(deploymentGroups.applicationId, application.id),
    eq(deploymentGroups.name, deploymentGroupName),
  )).get();
  if (!group) {
    throw new DomainError(
      "DeploymentGroupDoesNotExistException",
      "deploymentGroupName",
      `No Deployment Group found for name: ${deploymentGroupName}`,
    );
  }
  return { application, group };
}

/** Request, then group, then OneAtATime. */
function configNamed(tx: Tx, name: string = DEFAULT_SERVER_CONFIG): DeploymentConfig {
  const config = PREDEFINED_CONFIGS.get(name) ??
    tx.select().from(deploymentConfigs).where(eq(deploymentConfigs.name, name)).get()?.config;
  if (config) return config;
  throw new DomainError(
    "DeploymentConfigDoesNotExistException",
    "deploymentConfigName",
    `No Deployment Configuration found for name: ${name}`,
  );
}

/** Registration is no prerequisite (spec 1.3); a deployment registers what it uses. */
function noteRevision(
  tx: Tx,
  applicationId: string,
  location: RevisionLocation,
  now: number,
): void {
  tx.insert(revisions).values({
    applicationId,
    identity: revisionIdentity(location),
    location,
    registerTime: now,
    firstUsedTime: now,
    lastUsedTime: now,
  }).onConflictDoUpdate({
    target: [revisions.applicationId, revisions.identity],
    set: {
      firstUsedTime: sql`coalesce(${revisions.firstUsedTime}, ${now})`,
      lastUsedTime: now,
    },
  }).run();
}
