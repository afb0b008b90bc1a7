/**
 * The settings of a deployment group as a whole: defaults of a new one, what an update leaves alone,
 * and the rules between members (CodeDeploy API reference, user guide). Pure.
 * @module
 */
import { DEFAULT_SERVER_CONFIG } from "./deployment_config.ts";
import {
  type AlarmConfiguration,
  type AutoRollbackConfiguration,
  DeploymentStyle,
  type GroupSettings,
} from "./deployment_group.ts";
import { DomainError, type ErrorName } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { ComputePlatform } from "./name.ts";
import type { Quotas } from "./quotas.ts";
import { type TagFilter, tagFilterFault } from "./tag.ts";
import { parseTopicArn } from "./topic.ts";

const DEFAULT_CONFIG: Readonly<Record<ComputePlatform, string>> = {
  Server: DEFAULT_SERVER_CONFIG,
  Lambda: "CodeDeployDefault.LambdaAllAtOnce",
  ECS: "CodeDeployDefault.ECSAllAtOnce",
};

/** A new group's settings: what was given, and what a read shows for the rest. */
export function newGroupSettings(given: GroupSettings, platform: ComputePlatform) {
  return {
    ...withoutEmptyBalancers(given),
    deploymentConfigName: given.deploymentConfigName ?? DEFAULT_CONFIG[platform],
    ec2TagFilters: given.ec2TagFilters ?? [],
    onPremisesInstanceTagFilters: given.onPremisesInstanceTagFilters ?? [],
    autoScalingGroups: given.autoScalingGroups ?? [],
    triggerConfigurations: given.triggerConfigurations ?? [],
    deploymentStyle: given.deploymentStyle ??
      DeploymentStyle.parse({}),
    outdatedInstancesStrategy: given.outdatedInstancesStrategy ?? "UPDATE",
    terminationHookEnabled: given.terminationHookEnabled ?? false,
  } satisfies GroupSettings;
}

/** An update: members that are left out stay, `[]` clears a list (trap 39). */
export function changedGroupSettings(now: GroupSettings, change: GroupSettings): GroupSettings {
  return withoutEmptyBalancers({ ...now, ...change });
}

/**
 * `loadBalancerInfo: {}` is how an update takes the balancers away, and nothing is read back then:
 * Terraform would see a block that its configuration does not have, and want to remove it for ever.
 */
function withoutEmptyBalancers(settings: GroupSettings): GroupSettings {
  const { loadBalancerInfo = {}, ...others } = settings;
  const { elbInfoList = [], targetGroupInfoList = [], targetGroupPairInfoList = [] } =
    loadBalancerInfo;
  const count = elbInfoList.length + targetGroupInfoList.length + targetGroupPairInfoList.length;
  return count > 0 ? settings : others;
}

/** Throws the refusal for the first rule that settings break. */
export function checkGroupSettings(
  settings: GroupSettings,
  platform: ComputePlatform,
  quotas: Quotas,
): void {
  checkTags(settings, quotas);
  checkAlarms("alarmConfiguration", settings.alarmConfiguration, quotas.alarms);
  checkTriggers(settings, quotas.triggers);
  checkAutoRollback(settings.autoRollbackConfiguration);
  const { autoScalingGroups = [], ecsServices = [] } = settings;
  atMost(
    quotas.autoScalingGroups,
    autoScalingGroups,
    "autoScalingGroups",
    "InvalidAutoScalingGroupException",
  );
  atMost(
    LIMITS.ecsServices,
    ecsServices,
    "ecsServices",
    "ECSServiceMappingLimitExceededException",
  );
  for (const { serviceName, clusterName } of ecsServices) {
    if (serviceName && clusterName) continue;
    const needs = "each needs serviceName and clusterName";
    throw refusal("InvalidECSServiceException", "ecsServices", needs);
  }
  checkBalancers(settings.loadBalancerInfo);
  checkReadyWait(settings.blueGreenDeploymentConfiguration, platform);
}

function checkTags(settings: GroupSettings, quotas: Quotas): void {
  checkTagPair({
    filters: settings.ec2TagFilters ?? [],
    filtersField: "ec2TagFilters",
    lists: settings.ec2TagSet?.ec2TagSetList ?? [],
    listsField: "ec2TagSet",
    invalid: "InvalidEC2TagException",
    combined: "InvalidEC2TagCombinationException",
    quotas,
  });
  checkTagPair({
    filters: settings.onPremisesInstanceTagFilters ?? [],
    filtersField: "onPremisesInstanceTagFilters",
    lists: settings.onPremisesTagSet?.onPremisesTagSetList ?? [],
    listsField: "onPremisesTagSet",
    invalid: "InvalidTagException",
    combined: "InvalidOnPremisesTagCombinationException",
    quotas,
  });
}

interface TagPair {
  filters: readonly TagFilter[];
  filtersField: string;
  lists: readonly (readonly TagFilter[])[];
  listsField: string;
  invalid: ErrorName;
  combined: ErrorName;
  quotas: Quotas;
}

function checkTagPair(pair: TagPair): void {
  const { filters, filtersField, lists, listsField, invalid, quotas } = pair;
  const most = quotas.tagFilters;
  if (filters.length > 0 && lists.length > 0) {
    throw refusal(
      pair.combined,
      listsField,
      `a group has ${filtersField} or ${listsField}, not both; send the other as an empty list`,
    );
  }
  atMost(quotas.tagSetLists, lists, listsField, "TagSetListLimitExceededException");
  for (const list of lists) {
    if (list.length === 0) throw refusal(invalid, listsField, "a list of it has no filter");
    checkFilters(list, listsField, { invalid, most });
  }
  checkFilters(filters, filtersField, { invalid, most });
}

function checkFilters(
  filters: readonly TagFilter[],
  field: string,
  { invalid, most }: { invalid: ErrorName; most: number },
): void {
  atMost(most, filters, field, invalid);
  for (const filter of filters) {
    const fault = tagFilterFault(filter);
    if (fault) throw refusal(invalid, field, fault);
  }
}

/** The rules of `autoRollbackConfiguration`, a group's or a deployment's own. */
export function checkAutoRollback(config: AutoRollbackConfiguration | undefined): void {
  if (!config?.enabled || config.events.length > 0) return;
  throw refusal(
    "InvalidAutoRollbackConfigException",
    "autoRollbackConfiguration.events",
    "enabled needs at least one event",
  );
}

/** The rules of an alarm configuration; `member` is what the operation calls it. */
export function checkAlarms(
  member: string,
  config: AlarmConfiguration | undefined,
  most: number,
): void {
  if (!config) return;
  const { enabled, alarms } = config;
  const field = `${member}.alarms`;
  atMost(most, alarms, field, "AlarmsLimitExceededException");
  if (enabled && alarms.length === 0) {
    throw refusal("InvalidAlarmConfigException", field, "enabled needs at least one alarm");
  }
  const names = alarms.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw refusal("InvalidAlarmConfigException", field, `the alarm ${twice} is named twice`);
  }
}

function checkTriggers({ triggerConfigurations = [] }: GroupSettings, most: number): void {
  const field = "triggerConfigurations";
  const invalid = "InvalidTriggerConfigException";
  atMost(most, triggerConfigurations, field, "TriggerTargetsLimitExceededException");
  const names = new Set<string>();
  for (const { triggerName, triggerTargetArn, triggerEvents = [] } of triggerConfigurations) {
    if (!triggerName || !triggerTargetArn || triggerEvents.length === 0) {
      const needs = "each needs triggerName, triggerTargetArn and at least one of triggerEvents";
      throw refusal(invalid, field, needs);
    }
    if (names.has(triggerName)) {
      throw refusal(invalid, field, `the trigger ${triggerName} is named twice`);
    }
    names.add(triggerName);
    if (parseTopicArn(triggerTargetArn)) continue;
    throw refusal(
      invalid,
      field,
      `the trigger ${triggerName} has the target ${triggerTargetArn}, which is no topic's ARN, ` +
        `such as arn:aws:sns:us-east-1:000000000000:deployments`,
    );
  }
}

function checkBalancers(info: GroupSettings["loadBalancerInfo"]): void {
  for (const { targetGroups = [] } of info?.targetGroupPairInfoList ?? []) {
    if (targetGroups.length === 2) continue;
    throw refusal(
      "InvalidTargetGroupPairException",
      "loadBalancerInfo.targetGroupPairInfoList",
      `a pair has two targetGroups, not ${targetGroups.length}`,
    );
  }
}

function checkReadyWait(
  blueGreen: GroupSettings["blueGreenDeploymentConfiguration"],
  platform: ComputePlatform,
): void {
  const { waitTimeInMinutes: wait = 0 } = blueGreen?.deploymentReadyOption ?? {};
  const most = LIMITS.readyWaitMinutes[platform];
  if (wait <= most) return;
  throw refusal(
    "InvalidBlueGreenDeploymentConfigurationException",
    "blueGreenDeploymentConfiguration.deploymentReadyOption.waitTimeInMinutes",
    `is ${wait}, at most ${most} are allowed for ${platform}`,
  );
}

function atMost(limit: number, list: readonly unknown[], field: string, name: ErrorName): void {
  if (list.length <= limit) return;
  throw refusal(name, field, `has ${list.length} entries, at most ${limit} are allowed`);
}

function refusal(name: ErrorName, field: string, reason: string): DomainError {
  return new DomainError(name, field, `${field}: ${reason}`);
}
