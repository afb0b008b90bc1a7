/**
 * CreateDeployment: everything that can be refused at once is refused here, inside the commit that
 * creates the deployment, so that two requests at the same time cannot both pass (spec 1.3).
 * @module
 */
import { and, eq, sql } from "drizzle-orm";
import { type Deployment, type DeploymentRequest, NO_TARGETS } from "../domain/deployment.ts";
import type { FileExistsBehavior } from "../domain/deployment.ts";
import type { AlarmConfiguration, AutoRollbackConfiguration } from "../domain/deployment_group.ts";
import { DomainError } from "../domain/errors.ts";
import { deploymentIdFrom } from "../domain/name.ts";
import { revisionIdentity, type RevisionLocation } from "../domain/revision.ts";
import type { TargetInstances } from "../domain/target_instances.ts";
import { noteAudit } from "../store/audit.ts";
import { countActiveDeployments, insertDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { UnreadableSecret } from "../store/secret_cipher.ts";
import { applications, deploymentGroups, revisions } from "../store/schema.ts";
import type { EngineContext } from "./context.ts";
import { configNamed } from "./named_config.ts";
import { githubOwner } from "./order.ts";
import { refuseMissing } from "./refuse_missing.ts";
import { refuseForPlatform, refuseUnsupported } from "./refuse_unsupported.ts";
import { refuseRestart, type What, whatToRestart } from "./restart.ts";
import { endWaiting } from "./supersede.ts";
import { turnOf } from "./turn.ts";

export interface CreateDeploymentInput {
  applicationName: string;
  deploymentGroupName: string;
  /** `restart` runs the group's last successful revision again, from what is on the hosts. */
  revision: RevisionLocation | "restart" | SameAs;
  deploymentConfigName?: string;
  description?: string;
  ignoreApplicationStopFailures: boolean;
  updateOutdatedInstancesOnly: boolean;
  /** Left out: DISALLOW, or for a restart that of the deployment whose files are there. */
  fileExistsBehavior?: FileExistsBehavior;
  autoRollbackConfiguration?: AutoRollbackConfiguration;
  overrideAlarmConfiguration?: AlarmConfiguration;
  /** The green hosts of a blue/green deployment. */
  targetInstances?: TargetInstances;
  /** It waits until then, in milliseconds since the epoch. */
  startAt?: number;
  overrideFreeze?: NonNullable<DeploymentRequest["overrideFreeze"]>;
  /** Only these hosts of the group. */
  hosts?: readonly string[];
}

/** What that deployment put on the hosts, to the byte. */
export interface SameAs {
  sameAs: DeploymentRequest;
}

/** What there is to do after the commit that created a deployment. */
export interface Created {
  id: string;
  /** Those that waited and ended in its favour. */
  ended: readonly Deployment[];
  /** The one under way that is to be stopped in its favour. */
  stopping?: string;
}

/** Everything of a request that can be refused whatever else is under way; throws DomainError. */
export function checkDeployment(tx: Tx, input: CreateDeploymentInput, context: EngineContext) {
  const { application, group } = applicationAndGroup(tx, input);
  const configName = input.deploymentConfigName ?? group.settings.deploymentConfigName;
  const config = configNamed(tx, context.plugins, configName);
  refuseForPlatform(application.computePlatform, input);
  if (input.revision === "restart") refuseRestart(application.computePlatform, group.settings);
  const what = whatOf(tx, input.revision, group, context);
  const alarms = input.overrideAlarmConfiguration ?? group.settings.alarmConfiguration;
  refuseUnsupported({
    platform: application.computePlatform,
    settings: group.settings,
    config,
    revision: what.revision,
    targetInstances: input.targetInstances,
  });
  refuseMissing(tx, context.plugins, group.settings, alarms);
  return { application, group, config, what, alarms };
}

/** Checks, registers the revision if it is new, and writes the deployment as Created, or Queued. */
export function createDeployment(
  tx: Tx,
  input: CreateDeploymentInput,
  context: EngineContext,
  random: Uint8Array,
): Created {
  const now = context.now();
  const { application, group, config, what, alarms } = checkDeployment(tx, input, context);
  const { overrideAlarmConfiguration: overrideAlarms } = input;
  const autoRollback = input.autoRollbackConfiguration ?? group.settings.autoRollbackConfiguration;
  const { loadBalancerInfo: loadBalancer, blueGreenDeploymentConfiguration: blueGreen } =
    group.settings;
  const turn = turnOf(tx, group, input, context);
  refuseTooMany(tx, context.quotas.activeDeployments);
  noteRevision(tx, application.id, what.revision, now);
  const deployment: Deployment = {
    id: deploymentIdFrom(random),
    applicationId: application.id,
    groupId: group.id,
    status: turn.waits ? "Queued" : "Created",
    createTime: now,
    ...(input.startAt !== undefined && { notBefore: input.startAt }),
    overview: NO_TARGETS,
    rollback: {},
    statusMessages: turn.messages,
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
      ...(group.lastSuccessfulDeploymentId !== null &&
        { keepArchiveOf: group.lastSuccessfulDeploymentId }),
      ...(input.description !== undefined && { description: input.description }),
      ...(autoRollback && { autoRollback }),
      ...(alarms && { alarms }),
      ...(overrideAlarms && { overrideAlarms }),
      ...(loadBalancer && { loadBalancer }),
      ...(blueGreen && { blueGreen }),
      ...(input.targetInstances && { targetInstances: input.targetInstances }),
      ...(input.hosts && { hosts: input.hosts }),
      ...(input.overrideFreeze && { overrideFreeze: input.overrideFreeze }),
      ...(turn.stopping !== undefined && { supersedes: turn.stopping }),
    },
  };
  insertDeployment(tx, deployment);
  noteOverride(tx, deployment);
  if (!turn.waits) {
    tx.update(deploymentGroups).set({ lastAttemptedDeploymentId: deployment.id })
      .where(eq(deploymentGroups.id, group.id)).run();
  }
  const { id } = deployment;
  const ended = turn.supersedes ? endWaiting(tx, deployment, context) : [];
  return { id, ended, ...(turn.stopping !== undefined && { stopping: turn.stopping }) };
}

function noteOverride(tx: Tx, { id, createTime: time, request }: Deployment): void {
  if (!request.overrideFreeze) return;
  const { by: who, reason } = request.overrideFreeze;
  noteAudit(tx, { time, who, action: "freeze overridden", subject: id, reason });
}

function whatOf(
  tx: Tx,
  wanted: CreateDeploymentInput["revision"],
  group: Parameters<typeof whatToRestart>[1],
  context: EngineContext,
): What {
  if (wanted === "restart") return whatToRestart(tx, group);
  if (!("sameAs" in wanted)) return whatToDeploy(wanted, context);
  const { revision, artifact, restartOf } = wanted.sameAs;
  refuseLostToken(revision, context);
  return {
    revision,
    ...(artifact && { artifact }),
    ...(restartOf !== undefined && { restartOf }),
  };
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
