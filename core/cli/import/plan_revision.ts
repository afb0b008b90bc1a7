/** The step for one registered revision: its location is carried over, the bundle is not. Pure. @module */
import { revisionIdentity, RevisionLocation, revisionTitle } from "../../domain/revision.ts";
import { canonical } from "../same_value.ts";
import type { FoundRevision, Settings } from "./inventory.ts";
import type { Step } from "./step.ts";

export function revisionStep(
  applicationName: string,
  there: FoundRevision,
  here: readonly FoundRevision[],
): Step {
  const { location, description } = there;
  const name = `${applicationName} ${titleOf(location)}`;
  const subject = { kind: "revision", name, needs: applicationName } as const;
  const identity = identityOf(location);
  const found = here.find((one) => identityOf(one.location) === identity);
  const input = { applicationName, revision: location, ...(description && { description }) };
  const calls = [{ operation: "RegisterApplicationRevision", input }];
  if (found === undefined) return { ...subject, action: "create", calls };
  if (description === undefined || description === found.description) {
    return { ...subject, action: "unchanged" };
  }
  const differences = [{ member: "description", there: description, here: found.description }];
  return { ...subject, action: "update", calls, differences };
}

/** A location of a kind that this version does not know is itself its identity. */
function identityOf(location: Settings): string {
  const { data } = RevisionLocation.safeParse(location);
  return data === undefined ? canonical(location) : revisionIdentity(data);
}

function titleOf(location: Settings): string {
  const { data } = RevisionLocation.safeParse(location);
  return data === undefined ? canonical(location) : revisionTitle(data);
}
