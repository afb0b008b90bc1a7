/**
 * What has to be done so that the server has what a file declares: only reads here, so that a plan
 * can be shown, and nothing is half done when something about the file is wrong.
 * @module
 */
import { MinimumHealthyHosts } from "../domain/deployment_config.ts";
import {
  AlarmConfiguration,
  type AutoRollbackConfiguration,
  type BlueGreenDeploymentConfiguration,
  DeploymentStyle,
  type GroupSettings,
  type LoadBalancerInfo,
} from "../domain/deployment_group.ts";
import type { IntegrationKind } from "../domain/integration.ts";
import type { ResourceTag } from "../domain/resource_tag.ts";
import type { TagFilter } from "../domain/tag.ts";
import { Empty, GotConfig, GotGroup } from "./answers.ts";
import { type Api, unlessRefused } from "./api.ts";
import { blueGreenConfiguration, declaredStyle } from "./apply_blue_green.ts";
import type { Declaration, DeclaredGroup } from "./apply_file.ts";
import { type Call, tagCalls } from "./apply_tags.ts";
import type { TopicArns } from "./apply_topics.ts";
import { usageFailure } from "./failure.ts";
import { sameValue } from "./same_value.ts";

/** The API demands a role; a server on one's own hosts assumes none. */
const SERVICE_ROLE_ARN = "arn:aws:iam::000000000000:role/runtime";

export interface Change {
  action: "create" | "update";
  kind: "application" | "group" | "config" | IntegrationKind;
  /** `shop`, or `shop/production` for a group. */
  name: string;
  /** Members that differ; empty for something new. */
  members: string[];
  /** In their order. */
  calls: Call[];
}

/** In an order that works: configs before the groups that use them, applications before groups. */
export async function planChanges(
  api: Api,
  declared: Declaration,
  topicArns: TopicArns,
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const config of declared.configs) changes.push(...await configChange(api, config));
  for (const { name, groups, resourceTags } of declared.applications) {
    const found = await unlessRefused(
      "ApplicationDoesNotExistException",
      api.codedeploy("GetApplication", { applicationName: name }, Empty),
    );
    if (found === undefined) {
      const input = {
        applicationName: name,
        computePlatform: "Server",
        ...tagsOfNew(resourceTags),
      };
      changes.push(creation("application", name, "CreateApplication", input));
    } else {
      const calls = await tagCalls(api, { application: name }, resourceTags);
      changes.push(...update("application", name, calls.length > 0 ? ["resourceTags"] : [], calls));
    }
    for (const group of groups) {
      const application = { name, isNew: found === undefined };
      changes.push(...await groupChange(api, application, group, topicArns));
    }
  }
  return changes;
}

function tagsOfNew(tags: readonly ResourceTag[] | undefined) {
  return tags !== undefined && tags.length > 0 ? { tags } : {};
}

function creation(
  kind: Change["kind"],
  name: string,
  operation: string,
  input: Record<string, unknown>,
): Change {
  return { action: "create", kind, name, members: [], calls: [{ operation, input }] };
}

/** Nothing when no member differs. */
function update(kind: Change["kind"], name: string, members: string[], calls: Call[]): Change[] {
  return members.length === 0 ? [] : [{ action: "update", kind, name, members, calls }];
}

/** Configs have no update operation (service model): another value needs another name. */
async function configChange(
  api: Api,
  { name, minimumHealthyHosts }: Declaration["configs"][number],
): Promise<Change[]> {
  const got = await unlessRefused(
    "DeploymentConfigDoesNotExistException",
    api.codedeploy("GetDeploymentConfig", { deploymentConfigName: name }, GotConfig),
  );
  if (got === undefined) {
    const input = { deploymentConfigName: name, minimumHealthyHosts, computePlatform: "Server" };
    return [creation("config", name, "CreateDeploymentConfig", input)];
  }
  const present = MinimumHealthyHosts.safeParse(got.deploymentConfigInfo.minimumHealthyHosts).data;
  if (sameValue(present, minimumHealthyHosts)) return [];
  throw usageFailure(`Config ${name} exists with another minimumHealthyHosts`, [
    `on the server ${healthyText(present)}, in the file ${healthyText(minimumHealthyHosts)}`,
    "a deployment config cannot be changed once it is created",
  ], [
    "give it a new name in the file",
    `aws deploy delete-deployment-config --deployment-config-name ${name}`,
  ]);
}

function healthyText(value: MinimumHealthyHosts | undefined): string {
  if (value === undefined) return "none";
  return value.type === "FLEET_PERCENT" ? `${value.value}%` : String(value.value);
}

async function groupChange(
  api: Api,
  application: { name: string; isNew: boolean },
  group: DeclaredGroup,
  topicArns: TopicArns,
): Promise<Change[]> {
  const applicationName = application.name;
  const name = `${applicationName}/${group.name}`;
  const asked = { applicationName, deploymentGroupName: group.name };
  const got = application.isNew ? undefined : await unlessRefused(
    "DeploymentGroupDoesNotExistException",
    api.codedeploy("GetDeploymentGroup", asked, GotGroup),
  );
  const wanted = settingsOf(group, topicArns, got?.deploymentGroupInfo);
  const { resourceTags } = group;
  if (got === undefined) {
    const role = { serviceRoleArn: SERVICE_ROLE_ARN };
    const input = { ...asked, ...role, ...wanted, ...tagsOfNew(resourceTags) };
    return [creation("group", name, "CreateDeploymentGroup", input)];
  }
  const present = presentSettings(got.deploymentGroupInfo);
  const differing = Object.entries(wanted).filter(([key, value]) =>
    !sameValue(present[key], value)
  );
  const names = { ...MEMBER_NAMES, ...(group.blueGreen !== undefined && STYLE_OF_BLUE_GREEN) };
  const members = [...new Set(differing.map(([key]) => names[key] ?? key))];
  const calls: Call[] = [];
  if (differing.length > 0) {
    const current = { applicationName, currentDeploymentGroupName: group.name };
    const input = { ...current, ...Object.fromEntries(differing) };
    calls.push({ operation: "UpdateDeploymentGroup", input });
  }
  const resource = { application: applicationName, group: group.name };
  const tagging = await tagCalls(api, resource, resourceTags);
  if (tagging.length > 0) members.push("resourceTags");
  return update("group", name, members, [...calls, ...tagging]);
}

/** How the file calls what the API calls otherwise. */
const MEMBER_NAMES: Readonly<Record<string, string>> = {
  deploymentConfigName: "config",
  onPremisesTagSet: "tags",
  autoRollbackConfiguration: "rollback",
  triggerConfigurations: "triggers",
  loadBalancerInfo: "balancers",
  deploymentStyle: "balancers",
  blueGreenDeploymentConfiguration: "blueGreen",
  alarmConfiguration: "alarms",
};
/** Where the file says both, of this one. */
const STYLE_OF_BLUE_GREEN: Readonly<Record<string, string>> = { deploymentStyle: "blueGreen" };

interface Settings {
  deploymentConfigName?: string;
  onPremisesTagSet?: { onPremisesTagSetList: TagFilter[][] };
  autoRollbackConfiguration?: AutoRollbackConfiguration;
  triggerConfigurations?: NonNullable<GroupSettings["triggerConfigurations"]>;
  loadBalancerInfo?: LoadBalancerInfo;
  deploymentStyle?: DeploymentStyle;
  blueGreenDeploymentConfiguration?: BlueGreenDeploymentConfiguration;
  alarmConfiguration?: AlarmConfiguration;
}

/** What the file does not mention is left as it is. */
function settingsOf(
  { config, tags, rollback, triggers, balancers, blueGreen, alarms }: DeclaredGroup,
  topicArns: TopicArns,
  present?: GotGroup["deploymentGroupInfo"],
): Settings {
  const style = declaredStyle({ blueGreen, balancers }, styleOf(present));
  return {
    ...(config !== undefined && { deploymentConfigName: config }),
    ...(tags !== undefined && { onPremisesTagSet: tagSetOf(tags) }),
    ...(rollback !== undefined && {
      autoRollbackConfiguration: rollback === false
        ? { enabled: false, events: [] }
        : { enabled: true, events: rollback },
    }),
    ...(triggers !== undefined && {
      triggerConfigurations: triggers.map(({ name, topic, events }) => ({
        triggerName: name,
        triggerTargetArn: topicArns(topic),
        triggerEvents: events,
      })),
    }),
    ...(balancers !== undefined && { loadBalancerInfo: behind(balancers) }),
    ...(style && { deploymentStyle: style }),
    ...(blueGreen && { blueGreenDeploymentConfiguration: blueGreenConfiguration(blueGreen) }),
    ...(alarms !== undefined && {
      alarmConfiguration: {
        enabled: alarms.length > 0,
        ignorePollAlarmFailure: false,
        alarms: alarms.map((name) => ({ name })),
      },
    }),
  };
}

function behind(balancers: readonly string[]): LoadBalancerInfo {
  if (balancers.length === 0) return {};
  return { targetGroupInfoList: balancers.map((name) => ({ name })) };
}

function styleOf(info: GotGroup["deploymentGroupInfo"] | undefined): DeploymentStyle {
  return DeploymentStyle.parse(info?.deploymentStyle ?? {});
}

/** Sets are joined by AND, the filters of one set by OR (user guide, tag groups). */
function tagSetOf(tags: NonNullable<DeclaredGroup["tags"]>) {
  return {
    onPremisesTagSetList: Object.entries(tags).map(([Key, Value]): TagFilter[] => [
      Value === null ? { Key, Type: "KEY_ONLY" } : { Key, Value, Type: "KEY_AND_VALUE" },
    ]),
  };
}

function presentSettings(info: GotGroup["deploymentGroupInfo"]): Readonly<Record<string, unknown>> {
  const { enabled = false, events = [] } = info.autoRollbackConfiguration ?? {};
  const { elbInfoList = [], targetGroupInfoList = [] } = info.loadBalancerInfo ?? {};
  return {
    deploymentConfigName: info.deploymentConfigName,
    onPremisesTagSet: { onPremisesTagSetList: info.onPremisesTagSet?.onPremisesTagSetList ?? [] },
    autoRollbackConfiguration: { enabled, events: enabled ? events : [] },
    triggerConfigurations: (info.triggerConfigurations ?? []).map((trigger) => {
      const { triggerName, triggerTargetArn, triggerEvents } = trigger;
      return { triggerName, triggerTargetArn, triggerEvents };
    }),
    loadBalancerInfo: behind(
      [...elbInfoList, ...targetGroupInfoList].flatMap(({ name }) => name ?? []),
    ),
    deploymentStyle: styleOf(info),
    blueGreenDeploymentConfiguration: info.blueGreenDeploymentConfiguration ?? {},
    alarmConfiguration: AlarmConfiguration.parse(info.alarmConfiguration ?? {}),
  };
}
