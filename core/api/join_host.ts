/**
 * `POST /agent/join`: a host with a join token becomes an on-premises instance with tags and an access
 * key of its own, in one commit: a host is never registered without a key, nor has it one unregistered.
 * @module
 */
import { NEW_KEY_BYTES, newAccessKey } from "../domain/new_access_key.ts";
import { DomainError } from "../domain/errors.ts";
import { hostUserArn } from "../domain/identity.ts";
import { InstanceName } from "../domain/instance_name.ts";
import { registerInstance } from "../store/instances.ts";
import { isJoinTokenGood } from "../store/join_tokens.ts";
import { JoinInput, type JoinOutput } from "../wire/join.ts";
import type { ApiContext } from "./context.ts";
import type { MemberFaults } from "./member_faults.ts";
import { newInstance } from "./new_instance.ts";
import { parseInput } from "./operation.ts";
import { uniqueTags } from "./unique_tags.ts";

const Input = JoinInput.extend({ instanceName: InstanceName });
const FAULTS: MemberFaults = { token: { missing: "AccessDeniedException" } };

/** Throws AccessDenied for a token that is not good, and what RegisterOnPremisesInstance throws. */
export async function joinHost(raw: unknown, context: ApiContext): Promise<JoinOutput> {
  const { token, instanceName, tags } = parseInput(Input, raw, FAULTS);
  const iamUserArn = hostUserArn(context.realm, instanceName);
  const instance = newInstance(context, {
    name: instanceName,
    identity: { iamUserArn },
    tags: uniqueTags(tags),
  });
  const key = newAccessKey(context.randomBytes(NEW_KEY_BYTES));
  const nonce = context.randomBytes(12);
  const now = context.now();
  await context.store.commit((tx) => {
    if (!isJoinTokenGood(tx, token, now)) throw badToken();
    const most = context.quotas.instanceTags;
    if (instance.tags.length > most) throw tooManyTags(instance.tags.length, most);
    registerInstance(tx, instance);
    // Keys of an earlier registration of this name are no longer anybody's.
    context.keys.removeAgentKeys(tx, iamUserArn);
    context.keys.put(tx, { ...key, role: "agent", arn: iamUserArn, createTime: now }, nonce);
  });
  const { region } = context.realm;
  return { instanceName, iamUserArn, ...key, region, serverPublicKey: context.serverPublicKey };
}

function badToken(): DomainError {
  return new DomainError(
    "AccessDeniedException",
    "token",
    "The join token is not one of this server or has expired. Get a new one: runtime token create",
  );
}

function tooManyTags(count: number, most: number): DomainError {
  const message = `tags: has ${count} entries; an instance has at most ${most} tags`;
  return new DomainError("TagLimitExceededException", "tags", message);
}
