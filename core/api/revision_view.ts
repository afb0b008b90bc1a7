/** GenericRevisionInfo: what is known of a revision, as the API shows it. @module */
import { type Revision, revisionIdentity } from "../domain/revision.ts";
import { epochSeconds } from "./epoch_seconds.ts";
import type { GenericRevisionInfo } from "./shapes/revision.ts";

/** `groups` by the identity of their target revision, as the store answers them. */
export function genericRevisionInfo(
  revision: Revision,
  groups: ReadonlyMap<string, readonly string[]>,
): GenericRevisionInfo {
  return {
    description: revision.description,
    deploymentGroups: [...groups.get(revisionIdentity(revision.location)) ?? []],
    firstUsedTime: epochSeconds(revision.firstUsedTime),
    lastUsedTime: epochSeconds(revision.lastUsedTime),
    registerTime: epochSeconds(revision.registerTime),
  };
}
