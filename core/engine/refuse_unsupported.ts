/**
 * What CodeDeploy can do and this version cannot is refused when a deployment is created, by name and
 * before anything happens. Nothing that a caller asked for is left out in silence.
 * @module
 */
import { type DeploymentConfig, strategyOf } from "../domain/deployment_config.ts";
import type { GroupSettings } from "../domain/deployment_group.ts";
import { DomainError } from "../domain/errors.ts";
import type { ComputePlatform } from "../domain/name.ts";
import type { RevisionLocation } from "../domain/revision.ts";
import type { TargetInstances } from "../domain/target_instances.ts";
import { refuseGradualShift } from "../domain/traffic_shift.ts";
import { revisionOf } from "./order.ts";

/** A deployment as it was asked for. */
export interface Asked {
  platform: ComputePlatform;
  settings: GroupSettings;
  config: DeploymentConfig;
  revision: RevisionLocation;
  targetInstances: TargetInstances | undefined;
}

export function refuseUnsupported(asked: Asked): void {
  refusePlatform(asked);
  refuseConfig(asked);
  refuseRevision(asked.revision);
  refuseEnvironment(asked);
}

/** Wishes that only hosts can be asked (service model; the first text was observed). */
export function refuseForPlatform(
  platform: ComputePlatform,
  wishes: {
    fileExistsBehavior?: string;
    ignoreApplicationStopFailures: boolean;
    updateOutdatedInstancesOnly: boolean;
  },
): void {
  if (platform !== "Server" && wishes.fileExistsBehavior !== undefined) {
    throw new DomainError(
      "InvalidFileExistsBehaviorException",
      "fileExistsBehavior",
      "For Lambda, ECS and Kubernetes deployment, fileExistsBehavior can not be specified",
    );
  }
  if (platform !== "Lambda") return;
  if (wishes.ignoreApplicationStopFailures) {
    throw new DomainError(
      "InvalidIgnoreApplicationStopFailuresValueException",
      "ignoreApplicationStopFailures",
      "ignoreApplicationStopFailures must be false for a deployment to Lambda, which stops nothing",
    );
  }
  if (wishes.updateOutdatedInstancesOnly) {
    throw new DomainError(
      "InvalidUpdateOutdatedInstancesOnlyValueException",
      "updateOutdatedInstancesOnly",
      "updateOutdatedInstancesOnly must be false for a deployment to Lambda, which has no instances",
    );
  }
}

function refusePlatform({ platform, settings, config }: Asked): void {
  if (platform === "ECS" && (settings.ecsServices ?? []).length === 0) {
    throw new DomainError(
      "InvalidECSServiceException",
      "deploymentGroupName",
      "a deployment to ECS needs a service; give the group ecsServices by update-deployment-group",
    );
  }
  refuseGradualShift(config, settings.loadBalancerInfo);
  if (platform !== "Server") {
    throw new DomainError(
      "InvalidRoleException",
      "applicationName",
      `this server cannot deploy to ${platform} yet; it deploys to on-premises hosts`,
    );
  }
  refuseScalingAlone(settings);
}

/** The green hosts of a blue/green deployment are named by their tags (spec 7, DISCOVER_EXISTING). */
function refuseEnvironment({ settings, targetInstances }: Asked): void {
  const isBlueGreen = settings.deploymentStyle?.deploymentType === "BLUE_GREEN";
  const refuse = (message: string) => {
    throw new DomainError("InvalidTargetInstancesException", "targetInstances", message);
  };
  if (!isBlueGreen) {
    if (!targetInstances) return;
    refuse(
      "targetInstances belongs to blue/green deployments; an in-place one takes the group's hosts",
    );
  }
  const { tagFilters = [], ec2TagSet, autoScalingGroups = [] } = targetInstances ?? {};
  if (autoScalingGroups.length > 0) {
    refuse(
      `targetInstances: this server cannot ask Auto Scaling for ${autoScalingGroups.join(", ")}; ` +
        `name the hosts by tagFilters or ec2TagSet`,
    );
  }
  if (tagFilters.length + (ec2TagSet?.ec2TagSetList ?? []).length > 0) return;
  refuse(
    "targetInstances: a blue/green deployment needs the hosts of its replacement environment, by " +
      "tagFilters or ec2TagSet (runtime deploy … --green KEY=VALUE)",
  );
}

/** With tags beside them, a group has at least the hosts that are found by those. */
function refuseScalingAlone(settings: GroupSettings): void {
  const { autoScalingGroups = [], onPremisesInstanceTagFilters = [], onPremisesTagSet } = settings;
  const lists = onPremisesTagSet?.onPremisesTagSetList ?? [];
  if (autoScalingGroups.length === 0) return;
  if (onPremisesInstanceTagFilters.length + lists.length > 0) return;
  throw new DomainError(
    "InvalidAutoScalingGroupException",
    "deploymentGroupName",
    `the group has its hosts from Auto Scaling (${
      autoScalingGroups.join(", ")
    }) alone, which this ` +
      `server cannot ask. Give it tags of on-premises hosts with update-deployment-group.`,
  );
}

function refuseConfig({ config, settings }: Asked): void {
  const name = "InvalidDeploymentConfigNameException";
  if (config.computePlatform !== "Server") {
    throw new DomainError(
      name,
      "deploymentConfigName",
      `${config.name} is a config for ${config.computePlatform}, the application is for Server`,
    );
  }
  const blueGreen = settings.deploymentStyle?.deploymentType === "BLUE_GREEN";
  if (blueGreen && strategyOf(config).name === "zonal") {
    throw new DomainError(
      name,
      "deploymentConfigName",
      `${config.name} goes from zone to zone, which only a deployment in place can. Choose a config ` +
        `without zonalConfig, or give the group the deploymentStyle IN_PLACE.`,
    );
  }
}

/** A host without a bundle to fetch would be given an order that cannot be carried out. */
function refuseRevision(revision: RevisionLocation): void {
  if (revisionOf({ revision })) return;
  const given = revision.revisionType === "S3"
    ? `an S3 location of bundleType ${revision.s3Location.bundleType}`
    : `a revision of type ${revision.revisionType}`;
  throw new DomainError(
    "InvalidRevisionException",
    "revision",
    `revision: hosts are deployed a bundle (S3 or HTTPS with bundleType tar, tgz or zip, or ` +
      `GitHub), not ${given}`,
  );
}
