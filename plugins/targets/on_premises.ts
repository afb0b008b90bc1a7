/**
 * On-premises hosts by tag (user guide, "Tagging instances for deployments"): a host belongs to a
 * group when it matches one of the group's filters, or one filter of every list of its tag set.
 * @module
 */
import { defineTarget, tagFilterMatches } from "runtime/plugin";

export default defineTarget({
  name: "on-premises",
  platform: "Server",
  description: "registered on-premises instances, selected by their tags",
  discover({ group, hosts }) {
    const sets = [group.onPremisesInstanceTagFilters, ...group.onPremisesTagSet]
      .filter((set) => set.length > 0);
    if (sets.length === 0) return [];
    const names: string[] = [];
    for (const host of hosts) {
      const chosen = sets.every((set) => set.some((f) => tagFilterMatches(f, host.tags)));
      if (chosen) names.push(host.name);
    }
    return names;
  },
});
