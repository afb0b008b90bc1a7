/**
 * The access policy of a topic. Who may publish is said by the roles of keys, so a policy grants
 * nothing; it is kept and shown for tools that read back what they wrote, as Terraform does. One that
 * denies is refused: whoever relies on it would be wrong.
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import type { Realm } from "../../../domain/identity.ts";
import { type Topic, topicArn } from "../../../domain/topic.ts";
import { invalidParameter } from "./named.ts";

/** Bytes of a policy (SNS developer guide, quotas). */
const POLICY_LIMIT = 30 * 1024;

const Statement = z.looseObject({
  Effect: z.literal("Allow", {
    error: "is not Allow; this server goes by the roles of keys, and denies nothing by a policy",
  }),
});
const Policy = z.looseObject({
  Version: z.enum(["2012-10-17", "2008-10-17"]).optional(),
  /** One statement may stand without its list. */
  Statement: z.preprocess(
    (given) => Array.isArray(given) ? given : [given],
    z.array(Statement).min(1, "a statement is wanted"),
  ),
});

/** What SNS gives to a new topic: its own account may do everything with it. */
const DEFAULT_ACTIONS = [
  "SNS:GetTopicAttributes",
  "SNS:SetTopicAttributes",
  "SNS:AddPermission",
  "SNS:RemovePermission",
  "SNS:DeleteTopic",
  "SNS:Subscribe",
  "SNS:ListSubscriptionsByTopic",
  "SNS:Publish",
];

/** The policy as it was set, or the default one. Never empty: the provider of Terraform parses it. */
export function policyOf(realm: Realm, { name, policy }: Topic): string {
  if (policy !== "") return policy;
  return JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [{
      Sid: "__default_statement_ID",
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: DEFAULT_ACTIONS,
      Resource: topicArn(realm, name),
      Condition: { StringEquals: { "AWS:SourceOwner": realm.account } },
    }],
  });
}

/** Throws InvalidParameter for a text that is no policy, or one that denies. */
export function checkPolicy(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > POLICY_LIMIT) {
    throw invalidParameter("Policy", `it has ${bytes} bytes, at most ${POLICY_LIMIT} are taken`);
  }
  const policy = Policy.safeParse(jsonOf(text));
  if (policy.success) return;
  const [issue] = policy.error.issues;
  throw invalidParameter("Policy", `${issue?.path.join(".") || "it"}: ${issue?.message}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidParameter("Policy", `it is no JSON: ${error.message}`);
  }
}
