/**
 * Settings of a deployment group as they are written, from a group as it is read, and what a member
 * says by default. Pure.
 *
 * Reading and writing differ (service model): Auto Scaling groups are read as objects and written as
 * names, some members are read only, and lists that a group does not have are read as `[]`, as
 * nothing, or within an empty object.
 * @module
 */
import { GroupSettings } from "../../domain/deployment_group.ts";
import { sameValue } from "../same_value.ts";
import type { Settings } from "./inventory.ts";

/** Members of DeploymentGroupInfo that nobody sets, or that are read elsewhere. */
const READ_ONLY: ReadonlySet<string> = new Set([
  "applicationName",
  "computePlatform",
  "deploymentGroupId",
  "deploymentGroupName",
  "lastAttemptedDeployment",
  "lastSuccessfulDeployment",
  "targetRevision",
]);

/**
 * What each member says when it is not set (CreateDeploymentGroup, defaults), which is also what is
 * written to unset it.
 */
export const UNSET: Settings = {
  ec2TagFilters: [],
  ec2TagSet: { ec2TagSetList: [] },
  onPremisesInstanceTagFilters: [],
  onPremisesTagSet: { onPremisesTagSetList: [] },
  autoScalingGroups: [],
  triggerConfigurations: [],
  alarmConfiguration: { enabled: false, ignorePollAlarmFailure: false, alarms: [] },
  autoRollbackConfiguration: { enabled: false, events: [] },
  outdatedInstancesStrategy: "UPDATE",
  deploymentStyle: {
    deploymentType: "IN_PLACE",
    deploymentOption: "WITHOUT_TRAFFIC_CONTROL",
  },
  blueGreenDeploymentConfiguration: {},
  loadBalancerInfo: {},
  ecsServices: [],
  terminationHookEnabled: false,
};

/** Members whose parts have defaults of their own. */
const WITH_DEFAULT_PARTS: ReadonlySet<string> = new Set([
  "alarmConfiguration",
  "autoRollbackConfiguration",
  "deploymentStyle",
]);

/** Settings of a DeploymentGroupInfo, without those that say what is so by default. */
export function settingsOfGroup(info: Settings): Settings {
  const known = new Set(Object.keys(GroupSettings.shape));
  const settings: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(info)) {
    if (!known.has(member)) continue;
    const meant = meaning(member, value);
    if (meant !== undefined && !sameValue(meant, UNSET[member])) settings[member] = meant;
  }
  return withOneFormOfTags(settings);
}

/** Members that a group has and this version cannot carry over. */
export function strangeMembers(info: Settings): string[] {
  const known = new Set([...Object.keys(GroupSettings.shape), ...READ_ONLY]);
  return Object.keys(info).filter((member) => !known.has(member) && info[member] !== null);
}

function meaning(member: string, value: unknown): unknown {
  const meant = withoutNothing(member === "autoScalingGroups" ? namesOf(value) : value);
  // `{ ec2TagSetList: [] }` has lost its list; so has a balancer without any.
  if (isEmpty(meant)) return UNSET[member];
  if (!WITH_DEFAULT_PARTS.has(member) || !isRecord(meant)) return meant;
  const defaults = UNSET[member];
  return isRecord(defaults) ? { ...defaults, ...meant } : meant;
}

/** Objects without members that are null, an empty list or an empty object. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (!isRecord(value)) return value ?? undefined;
  const members = Object.entries(value).map(([key, member]) => [key, withoutNothing(member)]);
  return Object.fromEntries(members.filter(([, member]) => !isEmpty(member)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

/** `[{ name, hook, … }]` is written as `[name]`. */
function namesOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((one: unknown) => isRecord(one) ? one["name"] : one);
}

/**
 * A group has tag filters or a tag set, and writing both is refused. A service that reads both back
 * says the same twice: filters are a set of one list.
 */
function withOneFormOfTags(settings: Record<string, unknown>): Settings {
  const pairs = [
    ["ec2TagFilters", "ec2TagSet"],
    ["onPremisesInstanceTagFilters", "onPremisesTagSet"],
  ] as const;
  const one = { ...settings };
  for (const [filters, set] of pairs) {
    if (one[filters] !== undefined && one[set] !== undefined) delete one[filters];
  }
  return one;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
