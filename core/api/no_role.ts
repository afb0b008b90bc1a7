/** What is said to a caller whose key has no role. @module */
import { type Caller, ROLE_TAG } from "../domain/instance.ts";

/** One sentence, which names the two ways to a role. */
export function noRole({ accessKeyId, arn }: Caller): string {
  const way = arn.includes(":user/")
    ? `Give its user the tag ${ROLE_TAG} (admin, deployer or viewer), or register an instance with ` +
      `${arn}.`
    : `Assume role/admin, role/deployer or role/viewer, or register an instance with ${arn}.`;
  return `The access key ${accessKeyId} has no role on this server. ${way}`;
}
