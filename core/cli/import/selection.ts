/**
 * What of the source is wanted: everything, or some applications with what they use, which is the
 * configs that their groups name and the instances that their groups choose. Pure.
 * @module
 */
import { z } from "zod";
import { TagFilter, tagFilterMatches } from "../../domain/tag.ts";
import type { FoundApplication, FoundConfig, FoundInstance, Settings } from "./inventory.ts";

/** Configs that a group of these names. */
export function configsUsed(
  configs: readonly FoundConfig[],
  applications: readonly FoundApplication[],
): FoundConfig[] {
  const named = new Set(groupSettings(applications).map((one) => one["deploymentConfigName"]));
  return configs.filter(({ name }) => named.has(name));
}

/** Instances that a group of these chooses by their tags. */
export function instancesUsed(
  instances: readonly FoundInstance[],
  applications: readonly FoundApplication[],
): FoundInstance[] {
  const groups = groupSettings(applications).map((settings) => ({
    filters: Filters.parse(settings["onPremisesInstanceTagFilters"]),
    sets: TagSet.parse(settings["onPremisesTagSet"]).onPremisesTagSetList,
  }));
  return instances.filter(({ tags }) => {
    const takes = (filters: readonly TagFilter[]) =>
      filters.some((filter) => tagFilterMatches(filter, tags));
    return groups.some(({ filters, sets }) =>
      takes(filters) || (sets.length > 0 && sets.every(takes))
    );
  });
}

// A filter of a form that this version does not know chooses nobody.
const Filters = z.array(TagFilter).default([]).catch([]);
const TagSet = z.object({ onPremisesTagSetList: z.array(Filters).default([]) })
  .default({ onPremisesTagSetList: [] }).catch({ onPremisesTagSetList: [] });

function groupSettings(applications: readonly FoundApplication[]): Settings[] {
  return applications.flatMap(({ groups }) => groups.map(({ settings }) => settings));
}
