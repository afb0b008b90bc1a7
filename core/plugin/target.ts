/** Where a group's hosts come from. @module */
import type { Tag, TagFilter } from "../domain/tag.ts";

/** A registered host that a target plugin may choose. */
export interface HostView {
  readonly name: string;
  readonly tags: readonly Tag[];
}

/** What a deployment group says about its hosts. */
export interface GroupView {
  readonly onPremisesInstanceTagFilters: readonly TagFilter[];
  /** A host must match one filter of every inner list. */
  readonly onPremisesTagSet: readonly (readonly TagFilter[])[];
}

export interface TargetPlugin {
  readonly kind: "target";
  readonly name: string;
  readonly platform: "Server";
  readonly description: string;
  /** The hosts of a group, by name. Pure over what it is given. */
  discover(input: { group: GroupView; hosts: Iterable<HostView> }): string[];
}

/** Declares where a group's hosts come from; the default export of its file. */
export function defineTarget(target: Omit<TargetPlugin, "kind">): TargetPlugin {
  return { kind: "target", ...target };
}
