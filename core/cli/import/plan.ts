/**
 * What has to be done so that this server has what another CodeDeploy has: one step for each thing
 * found there, in an order that works (configs, applications, groups, revisions, instances). Nothing
 * is ever removed. Pure.
 * @module
 */
import type { Tag } from "../../domain/tag.ts";
import { canonical, sameValue } from "../same_value.ts";
import { UNSET } from "./group_settings.ts";
import { instanceStep } from "./plan_instance.ts";
import { revisionStep } from "./plan_revision.ts";
import type {
  FoundApplication,
  FoundConfig,
  FoundGroup,
  Inventory,
  Settings,
} from "./inventory.ts";
import { applicationArn, groupArn, type Realm } from "./read_tags.ts";
import type { Call, Difference, Step } from "./step.ts";

/** `realm` is of the ARNs by which this server's own resources are tagged. */
export function planImport(there: Inventory, here: Inventory, realm: Realm): Step[] {
  const applications = byName(here.applications);
  const configs = byName(here.configs);
  const instances = byName(here.instances);
  return [
    ...there.configs.map((config) => configStep(config, configs.get(config.name))),
    ...there.applications.flatMap((one) =>
      applicationSteps(one, applications.get(one.name), realm)
    ),
    ...there.instances.flatMap((one) => instanceStep(one, instances.get(one.name))),
  ];
}

/** A config cannot be changed (the service model has no operation for it). */
function configStep(there: FoundConfig, here: FoundConfig | undefined): Step {
  const subject = { kind: "config", name: there.name } as const;
  if (here === undefined) {
    const input = { deploymentConfigName: there.name, ...there.settings };
    return {
      ...subject,
      action: "create",
      calls: [{ operation: "CreateDeploymentConfig", input }],
    };
  }
  const differences = differencesOf(there.settings, here.settings, {});
  if (differences.length === 0) return { ...subject, action: "unchanged" };
  const reason = "a config of this name is here, and a config cannot be changed";
  return { ...subject, action: "cannot", reason, differences };
}

function applicationSteps(
  there: FoundApplication,
  here: FoundApplication | undefined,
  realm: Realm,
): Step[] {
  const { name, computePlatform } = there;
  const groups = byName(here?.groups ?? []);
  return [
    applicationStep(there, here, realm),
    ...there.groups.map((group) => {
      const subject = { kind: "group", name: `${name}/${group.name}`, needs: name } as const;
      return here !== undefined && here.computePlatform !== computePlatform
        ? {
          ...subject,
          action: "cannot" as const,
          reason: `the application ${name} is for ${here.computePlatform} here`,
          differences: [],
        }
        : { ...subject, ...groupStep(name, group, groups.get(group.name), realm) };
    }),
    ...there.revisions.map((revision) => revisionStep(name, revision, here?.revisions ?? [])),
  ];
}

function applicationStep(
  there: FoundApplication,
  here: FoundApplication | undefined,
  realm: Realm,
): Step {
  const { name, computePlatform } = there;
  const subject = { kind: "application", name } as const;
  if (here === undefined) {
    const input = { applicationName: name, computePlatform, ...tagsToCreate(there.tags) };
    return { ...subject, action: "create", calls: [{ operation: "CreateApplication", input }] };
  }
  if (computePlatform !== here.computePlatform) {
    return {
      ...subject,
      action: "cannot",
      reason: "an application of this name is here, for another compute platform",
      differences: [
        { member: "computePlatform", there: computePlatform, here: here.computePlatform },
      ],
    };
  }
  const tags = tagChange(there.tags, here.tags, applicationArn(realm, name));
  if (tags === undefined) return { ...subject, action: "unchanged" };
  return { ...subject, action: "update", differences: [tags.difference], calls: [tags.call] };
}

function groupStep(
  applicationName: string,
  there: FoundGroup,
  here: FoundGroup | undefined,
  realm: Realm,
) {
  const { name, settings } = there;
  if (here === undefined) {
    const input = {
      applicationName,
      deploymentGroupName: name,
      ...settings,
      ...tagsToCreate(there.tags),
    };
    return {
      action: "create" as const,
      calls: [{ operation: "CreateDeploymentGroup", input }],
    };
  }
  const differences = differencesOf(settings, here.settings, UNSET);
  const input = {
    applicationName,
    currentDeploymentGroupName: name,
    ...Object.fromEntries(differences.map(({ member, there }) => [member, there])),
  };
  const tags = tagChange(there.tags, here.tags, groupArn(realm, applicationName, name));
  const calls = [
    ...(differences.length > 0 ? [{ operation: "UpdateDeploymentGroup", input }] : []),
    ...(tags ? [tags.call] : []),
  ];
  if (calls.length === 0) return { action: "unchanged" as const };
  const all = [...differences, ...(tags ? [tags.difference] : [])];
  return { action: "update" as const, calls, differences: all };
}

/** Members that differ; one that is not set says what `unset` has for it. */
function differencesOf(there: Settings, here: Settings, unset: Settings): Difference[] {
  const members = new Set([...Object.keys(there), ...Object.keys(here)]);
  return [...members].sort()
    .map((member) => ({
      member,
      there: there[member] ?? unset[member],
      here: here[member] ?? unset[member],
    }))
    .filter(({ there, here }) => !sameValue(there, here));
}

function tagsToCreate(tags: readonly Tag[] | undefined): Settings {
  return tags === undefined || tags.length === 0 ? {} : { tags };
}

/** Tags that are missing here, or have another value; those that are only here stay. */
function tagChange(
  there: readonly Tag[] | undefined,
  here: readonly Tag[] | undefined,
  ResourceArn: string,
): { difference: Difference; call: Call } | undefined {
  if (there === undefined || here === undefined) return undefined;
  const present = new Set(here.map(canonical));
  const Tags = there.filter((tag) => !present.has(canonical(tag)));
  if (Tags.length === 0) return undefined;
  return {
    difference: { member: "tags", there, here },
    call: { operation: "TagResource", input: { ResourceArn, Tags } },
  };
}

function byName<Found extends { name: string }>(found: readonly Found[]): Map<string, Found> {
  return new Map(found.map((one) => [one.name, one]));
}
