/** The topic or subscription that a request names by its ARN, and the texts of SNS about both. @module */
import { z } from "zod";
import type { Realm } from "../../../domain/identity.ts";
import {
  ownSubscriptionId,
  ownTopicName,
  type Subscription,
  subscriptionArn,
  type Topic,
  topicArn,
  withoutPassword,
} from "../../../domain/topic.ts";
import type { Db } from "../../../store/database.ts";
import { findSubscription, findTopic } from "../../../store/topics.ts";
import { QueryError } from "../query_error.ts";

export const Arn = z.string().regex(/^arn:aws[a-z-]*:sns:/, "an ARN of SNS is wanted");

/** Entries of a page (ListTopics, ListSubscriptions). */
export const PAGE = 100;

/** `true` and `false` of an attribute. */
export const AttributeFlag = z.enum(["true", "false"]).transform((text) => text === "true");

/** Throws NotFound for a topic that is not there or not ours. */
export function namedTopic(db: Db, realm: Realm, arn: string): Topic {
  const name = ownTopicName(realm, arn);
  const topic = name === undefined ? undefined : findTopic(db, name);
  if (topic) return topic;
  throw new QueryError("NotFound", `Topic does not exist: ${arn}`);
}

/** Throws NotFound for a subscription that is not there or has left. */
export function namedSubscription(db: Db, realm: Realm, arn: string): Subscription {
  const id = ownSubscriptionId(realm, arn);
  const found = id === undefined ? undefined : findSubscription(db, id);
  if (found && found.status !== "deleted" && subscriptionArn(realm, found) === arn) return found;
  throw new QueryError("NotFound", `Subscription does not exist: ${arn}`);
}

/** One entry of a list; the ARN of a pending one is not told there (ListSubscriptions). */
export function subscriptionEntry(realm: Realm, subscription: Subscription) {
  const { status, protocol, endpoint, topic } = subscription;
  return {
    SubscriptionArn: status === "pending"
      ? "PendingConfirmation"
      : subscriptionArn(realm, subscription),
    Owner: realm.account,
    Protocol: protocol,
    Endpoint: withoutPassword(endpoint),
    TopicArn: topicArn(realm, topic),
  };
}

/** A refusal of one parameter. */
export function invalidParameter(name: string, reason: string): QueryError {
  return new QueryError("InvalidParameter", `Invalid parameter: ${name} Reason: ${reason}`);
}
