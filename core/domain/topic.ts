/**
 * Topics and who listens to them, as Amazon SNS has them: a topic is a name, a subscription an
 * address that has agreed to get what is published (SNS API reference, 2010-03-31).
 * @module
 */
import { z } from "zod";
import type { Realm } from "./identity.ts";
import type { ResourceTag } from "./resource_tag.ts";

/** 1 to 256 letters, digits, `-` and `_` (CreateTopic). */
export const TopicName = z.string().regex(
  /^[A-Za-z0-9_-]{1,256}$/,
  "1 to 256 letters, digits, hyphens and underscores are wanted",
);

/** How a subscriber is reached. */
export const SubscriptionProtocol = z.enum(["http", "https", "email"]);
export type SubscriptionProtocol = z.infer<typeof SubscriptionProtocol>;

/** 1 signs with SHA-1, 2 with SHA-256 (SetTopicAttributes). */
export const SignatureVersion = z.enum(["1", "2"]);
export type SignatureVersion = z.infer<typeof SignatureVersion>;

/** `createTime` in milliseconds since the epoch. */
export interface Topic {
  name: string;
  /** Who a mail says it is from; may be empty. */
  displayName: string;
  signatureVersion: SignatureVersion;
  createTime: number;
  tags: readonly ResourceTag[];
  /** JSON, as it was set; kept and shown, while roles decide. Empty for the default. */
  policy: string;
}

/**
 * `pending`: asked for, and gets nothing but the request to confirm. `deleted`: has left, and may
 * come back by its token while that is good.
 */
export const SubscriptionStatus = z.enum(["pending", "confirmed", "deleted"]);
export type SubscriptionStatus = z.infer<typeof SubscriptionStatus>;

export interface Subscription {
  /** Last part of its ARN; whoever knows it may unsubscribe, as with SNS. */
  id: string;
  topic: string;
  protocol: SubscriptionProtocol;
  /** URL or mail address. */
  endpoint: string;
  /** The message alone is sent, without the envelope. */
  rawMessageDelivery: boolean;
  status: SubscriptionStatus;
  /** Whoever has it may confirm, until `tokenExpires`. */
  token: string;
  /** Milliseconds since the epoch. */
  tokenExpires: number;
}

/** An endpoint as it is shown: four stars for the password in a URL, as SNS does it. */
export function withoutPassword(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (!url || url.password === "") return endpoint;
  url.password = "****";
  return url.href;
}

/** What is published to a topic. Its id stays the same however often it is delivered. */
export const TopicMessage = z.object({
  id: z.string(),
  subject: z.string().optional(),
  message: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
});
export type TopicMessage = z.infer<typeof TopicMessage>;

/** What a subscription is to be told: a message, or a question about itself. */
export const SubscriptionPayload = z.discriminatedUnion("kind", [
  TopicMessage.extend({ kind: z.literal("Notification") }),
  z.object({
    kind: z.enum(["SubscriptionConfirmation", "UnsubscribeConfirmation"]),
    id: z.string(),
    /** Milliseconds since the epoch. */
    at: z.number(),
  }),
]);
export type SubscriptionPayload = z.infer<typeof SubscriptionPayload>;

const TOPIC_ARN = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,256}(?:\.fifo)?)$/;
const SUBSCRIPTION_ARN = /^(arn:.*):([0-9a-f]{8}-[0-9a-f-]{27})$/;

export function topicArn({ region, account }: Realm, name: string): string {
  return `arn:aws:sns:${region}:${account}:${name}`;
}

export function subscriptionArn(realm: Realm, { topic, id }: Subscription): string {
  return `${topicArn(realm, topic)}:${id}`;
}

/** The parts of a topic's ARN; undefined for any other text. */
export function parseTopicArn(arn: string): (Realm & { name: string }) | undefined {
  const [, region, account, name] = TOPIC_ARN.exec(arn) ?? [];
  return region && account && name ? { region, account, name } : undefined;
}

/** The name of a topic that lies in this realm, whether it exists or not. */
export function ownTopicName(realm: Realm, arn: string): string | undefined {
  const parts = parseTopicArn(arn);
  return parts?.region === realm.region && parts.account === realm.account ? parts.name : undefined;
}

/** The id of a subscription of this realm, whether it exists or not. */
export function ownSubscriptionId(realm: Realm, arn: string): string | undefined {
  const [, topic, id] = SUBSCRIPTION_ARN.exec(arn) ?? [];
  return topic && ownTopicName(realm, topic) !== undefined ? id : undefined;
}

/** Characters of a subject (Publish). */
const SUBJECT_LIMIT = 100;

/** A subject of at most 100 printable ASCII characters, which begins with no space (Publish). */
export const TopicSubject = z.string().regex(
  /^[!-~][ -~]{0,99}$/,
  "1 to 100 printable ASCII characters, the first no space, are wanted",
);

/**
 * A text as a subject that SNS takes: cut to its length, with a question mark for each character
 * that may not stand in one. A trigger's name may hold any.
 */
export function shortSubject(text: string): string {
  const printable = text.replaceAll(/[^ -~]/gu, "?");
  if (printable.length <= SUBJECT_LIMIT) return printable;
  return `${printable.slice(0, SUBJECT_LIMIT - 3)}...`;
}
