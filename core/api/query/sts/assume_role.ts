/**
 * AssumeRole. Roles are not kept: the name of one says what its sessions may do.
 *
 * - `role/admin`, `role/deployer`, `role/viewer`: what that role may do, for callers who may do at
 *   least as much. A session is never more than its caller.
 * - Any other name is for hosts: the session `assumed-role/ROLE/SESSION` acts as the instance that is
 *   registered with that iamSessionArn (spec 11), and may do nothing else, before and after. Admins
 *   may begin one, and the host itself may begin its next. A registered ARN is a host's under any name
 *   but `admin`.
 *
 * A policy that would narrow the session is refused, as ignoring it would give more than was asked
 * for. Session tags, external id and source identity change nothing here and are ignored.
 * @module
 */
import { z } from "zod";
import type { Caller, Role } from "../../../domain/instance.ts";
import { findInstanceByArn } from "../../../store/instances.ts";
import { mayCall } from "../../operation.ts";
import { queryInteger } from "../flattened.ts";
import { principalOf } from "../principal.ts";
import { QueryError } from "../query_error.ts";
import { queryOperation } from "../query_service.ts";
import { keyOfCaller, newSession } from "./new_session.ts";
import { NO_MFA } from "./no_mfa.ts";

/** Seconds. */
const HOUR = 3600;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:[\x21-\x7e]{1,510}\/)?([\w+=,.@-]{1,64})$/;
const noPolicy = z
  .undefined("this server does not narrow sessions by policies; assume role/viewer instead")
  .optional();

export const assumeRole = queryOperation({
  name: "AssumeRole",
  role: "anyone",
  input: z.object({
    RoleArn: z.string().regex(ROLE_ARN, "must look like arn:aws:iam::123456789012:role/NAME"),
    RoleSessionName: z.string().regex(
      /^[\w+=,.@-]{2,64}$/,
      "must be 2 to 64 of A-Z a-z 0-9 _+=,.@-",
    ),
    DurationSeconds: queryInteger(900, 12 * HOUR).default(HOUR),
    Policy: noPolicy,
    PolicyArns: noPolicy,
    ...NO_MFA,
  }),
  async run({ RoleArn, RoleSessionName, DurationSeconds }, context, { caller }) {
    const [, account = "", name = ""] = ROLE_ARN.exec(RoleArn) ?? [];
    const arn = `arn:aws:sts::${account}:assumed-role/${name}/${RoleSessionName}`;
    const host = name !== "admin" && findInstanceByArn(context.store.read, arn) !== undefined;
    const role = account === context.realm.account
      ? sessionRole(caller, { arn, asks: host ? "host" : name })
      : undefined;
    if (role === undefined) {
      throw new QueryError(
        "AccessDenied",
        `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}. ` +
          "Assume role/admin, role/deployer or role/viewer of this server's account, not above the " +
          `caller's role, which is ${caller.role}; other roles are for hosts, and for admins to assume.`,
      );
    }
    const key = keyOfCaller(context, caller);
    if (key.session && DurationSeconds > HOUR) {
      throw new QueryError(
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role " +
          "chaining.",
      );
    }
    const session = { arn, role, durationSeconds: DurationSeconds };
    return {
      Credentials: await newSession(context, key, session),
      AssumedRoleUser: { AssumedRoleId: principalOf(arn).id, Arn: arn },
    };
  },
});

/** What the session is written with; undefined when the caller may not have it. */
function sessionRole(
  caller: Caller,
  { arn, asks }: { arn: string; asks: string },
): Role | undefined {
  if (asks === "admin" || asks === "deployer" || asks === "viewer") {
    return mayCall(caller.role, asks) ? asks : undefined;
  }
  const isHost = caller.role === "agent" && caller.arn === arn;
  return caller.role === "admin" || isHost ? "none" : undefined;
}
