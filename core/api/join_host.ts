/**
 * `POST /agent/join`: a host with a join token becomes an on-premises instance with tags and an access
 * key of its own, in one commit: a host is never registered without a key, nor has it one unregistered.
 *
 * A registration without a host (imported, or made for a user who is not here) is taken over: the
 * instance and its tags stay, and it signs by the new key. One that somebody has keys for is not.
 * @module
 */
import { DomainError } from "../domain/errors.ts";
import { hostUserArn } from "../domain/identity.ts";
import type { OnPremisesInstance } from "../domain/instance.ts";
import { InstanceName } from "../domain/instance_name.ts";
import { NEW_KEY_BYTES, newAccessKey } from "../domain/new_access_key.ts";
import type { Tx } from "../store/group_commit.ts";
import { changeHost, findRegistered, registerInstance } from "../store/instances.ts";
import { isJoinTokenGood } from "../store/join_tokens.ts";
import { findUserByArn, type User } from "../store/users.ts";
import { JoinInput, type JoinOutput } from "../wire/join.ts";
import type { ApiContext } from "./context.ts";
import type { MemberFaults } from "./member_faults.ts";
import { newInstance } from "./new_instance.ts";
import { parseInput } from "./operation.ts";
import { uniqueTags } from "./unique_tags.ts";

const Input = JoinInput.extend({ instanceName: InstanceName });
const FAULTS: MemberFaults = { token: { missing: "AccessDeniedException" } };

/**
 * Throws AccessDenied for a token that is not good, InstanceNameAlreadyRegistered for the name of a
 * host that has keys, IamUserArnAlreadyRegistered and TagLimitExceeded.
 */
export async function joinHost(raw: unknown, context: ApiContext): Promise<JoinOutput> {
  const { token, instanceName, tags } = parseInput(Input, raw, FAULTS);
  const iamUserArn = hostUserArn(context.realm, instanceName);
  const instance = newInstance(context, { name: instanceName, identity: { iamUserArn }, tags });
  const key = newAccessKey(context.randomBytes(NEW_KEY_BYTES));
  const nonce = context.randomBytes(12);
  const now = context.now();
  const formerArn = await context.store.commit((tx) => {
    if (!isJoinTokenGood(tx, token, now)) throw badToken();
    const there = findRegistered(tx, instanceName);
    if (there && hasHost(tx, context, there)) throw hostThere(there);
    const user = findUserByArn(tx, iamUserArn);
    if (user) throw userThere(instanceName, user);
    const most = context.quotas.instanceTags;
    const all = uniqueTags([...there?.tags ?? [], ...tags]);
    if (all.length > most) throw tooManyTags(all.length, most);
    if (there) changeHost(tx, instanceName, { iamUserArn, tags: all });
    else registerInstance(tx, { ...instance, tags: all });
    // Keys of an earlier registration of this name are no longer anybody's.
    context.keys.removeAgentKeys(tx, iamUserArn);
    context.keys.put(tx, { ...key, role: "agent", arn: iamUserArn, createTime: now }, nonce);
    return there && arnOf(there);
  });
  const { region } = context.realm;
  return {
    instanceName,
    iamUserArn,
    ...(formerArn !== undefined && { formerArn }),
    ...key,
    region,
    serverPublicKey: context.serverPublicKey,
  };
}

/** Whether anybody can sign as the instance, or could after `iam create-access-key`. */
function hasHost(tx: Tx, { keys }: ApiContext, instance: OnPremisesInstance): boolean {
  const arn = arnOf(instance);
  return keys.signsAs(tx, arn) || findUserByArn(tx, arn) !== undefined;
}

function arnOf({ iamUserArn, iamSessionArn }: OnPremisesInstance): string {
  return iamUserArn ?? iamSessionArn ?? "";
}

function hostThere(instance: OnPremisesInstance): DomainError {
  const { name } = instance;
  const arn = arnOf(instance);
  return new DomainError(
    "InstanceNameAlreadyRegisteredException",
    "instanceName",
    `The name ${name} is registered already, for a host that signs as ${arn}. If this is that ` +
      `host, join with its keys: runtime agent join URL --registered codedeploy.onpremises.yml. ` +
      `If that host is gone: aws deploy deregister-on-premises-instance --instance-name ${name}. ` +
      `Otherwise choose another name.`,
  );
}

/** The user's keys would be the host's as well, be they of a host that is gone. */
function userThere(instanceName: string, { name, arn }: User): DomainError {
  return new DomainError(
    "IamUserArnAlreadyRegisteredException",
    "instanceName",
    `The host would sign as ${arn}, which is the user ${name}: whoever has a key of it would act as ` +
      `the host ${instanceName}. Delete the user (aws iam delete-access-key, delete-user-policy, ` +
      `delete-user), or choose another name.`,
  );
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
