/**
 * The steps for one on-premises instance. Pure.
 *
 * A host that has joined this server signs as a user that the join gave it, and keeps it: its tags are
 * all that comes along. Tags that are only here stay.
 * @module
 */
import type { Tag } from "../../domain/tag.ts";
import { canonical } from "../same_value.ts";
import type { FoundInstance, Settings } from "./inventory.ts";
import type { Difference, Step } from "./step.ts";

/** As a join names the user of a host (and `aws deploy register` does, too). */
const JOINED = /:user\/AWS\/CodeDeploy\//;

/** One step; two when the tags can be brought up to date and the identity cannot. */
export function instanceStep(there: FoundInstance, here: FoundInstance | undefined): Step[] {
  const subject = { kind: "instance", name: there.name } as const;
  const tags = missingTags(there.tags, here?.tags ?? []);
  const addTags = {
    operation: "AddTagsToOnPremisesInstances",
    input: { instanceNames: [there.name], tags },
  };
  if (here === undefined) {
    const identity = identityOf(there);
    const input = { instanceName: there.name, ...identity };
    const register = { operation: "RegisterOnPremisesInstance", input };
    return [{
      ...subject,
      action: "create",
      calls: tags.length > 0 ? [register, addTags] : [register],
    }];
  }
  const steps: Step[] = [];
  if (tags.length > 0) {
    const differences = [{ member: "tags", there: there.tags, here: here.tags }];
    steps.push({ ...subject, action: "update", calls: [addTags], differences });
  }
  const differences = identityDifferences(there, here);
  if (differences.length > 0) {
    const reason = "an instance of this name is registered here, as somebody else";
    steps.push({ ...subject, action: "cannot", reason, differences });
  }
  return steps.length > 0 ? steps : [{ ...subject, action: "unchanged" }];
}

function identityOf({ iamUserArn, iamSessionArn }: FoundInstance): Settings {
  if (iamUserArn !== undefined) return { iamUserArn };
  return iamSessionArn === undefined ? {} : { iamSessionArn };
}

function identityDifferences(there: FoundInstance, here: FoundInstance): Difference[] {
  if (JOINED.test(here.iamUserArn ?? "")) return [];
  return (["iamUserArn", "iamSessionArn"] as const)
    .map((member) => ({ member, there: there[member], here: here[member] }))
    .filter(({ there, here }) => there !== here);
}

/** An instance has one value for a key; of several the last one counts. */
function missingTags(there: readonly Tag[], here: readonly Tag[]): Tag[] {
  const present = new Set(here.map(canonical));
  const one = new Map(there.map((tag) => [tag.Key, tag]));
  return [...one.values()].filter((tag) => !present.has(canonical(tag)));
}
