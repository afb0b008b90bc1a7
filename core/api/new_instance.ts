/** An on-premises instance as it is registered: name, ARN of its own, who it signs as. @module */
import { Buffer } from "node:buffer";
import { instanceArn } from "../domain/identity.ts";
import type { OnPremisesInstance } from "../domain/instance.ts";
import type { Tag } from "../domain/tag.ts";
import type { ApiContext } from "./context.ts";

type Identity = { iamUserArn: string } | { iamSessionArn: string };

/** Each registration has an ARN of its own, also under a name that was used before. */
export function newInstance(
  context: ApiContext,
  instance: { name: string; identity: Identity; tags: readonly Tag[] },
): OnPremisesInstance {
  const { name, identity, tags } = instance;
  const suffix = Buffer.from(context.randomBytes(6)).toString("hex");
  return {
    name,
    arn: instanceArn(context.realm, `${name}_${suffix}`),
    registerTime: context.now(),
    tags,
    ...identity,
  };
}
