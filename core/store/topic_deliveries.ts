/**
 * What is published becomes deliveries: one for each subscriber of a topic of ours, in the commit
 * that publishes. For any other topic there is one for the topic itself; where it goes, or that it
 * goes nowhere, is found out when it is delivered, and holds nothing up here.
 * @module
 */
import type { Realm } from "../domain/identity.ts";
import {
  ownTopicName,
  type Subscription,
  type SubscriptionPayload,
  type TopicMessage,
} from "../domain/topic.ts";
import type { Db } from "./database.ts";
import { insertDeliveries, removeDestination } from "./deliveries.ts";
import type { Tx } from "./group_commit.ts";
import { confirmedSubscriptions, findTopic } from "./topics.ts";

/** Kinds of destinations, as they stand before the colon. */
export const SUBSCRIPTION_KIND = "subscription";
export const TOPIC_KIND = "topic";

/** Who listens to a topic of this server; undefined when it has none of that ARN. */
export function subscribersOf(db: Db, realm: Realm, arn: string): Subscription[] | undefined {
  const name = ownTopicName(realm, arn);
  if (name === undefined || findTopic(db, name) === undefined) return undefined;
  return confirmedSubscriptions(db, name);
}

/** A message as a subscription's delivery has it. */
export function notificationPayload(message: TopicMessage): string {
  return payloadText({ kind: "Notification", ...message });
}

/** Publishes a message that belongs to no deployment; the topic may be anybody's. */
export function publish(tx: Tx, realm: Realm, topicArn: string, message: TopicMessage): void {
  const base = { eventSequence: 0, deploymentId: "", createTime: message.at };
  const subscribers = subscribersOf(tx, realm, topicArn);
  if (!subscribers) {
    const payload = JSON.stringify(message);
    insertDeliveries(tx, [{ ...base, destination: `${TOPIC_KIND}:${topicArn}`, payload }]);
    return;
  }
  const payload = notificationPayload(message);
  insertDeliveries(
    tx,
    subscribers.map(({ id }) => ({ ...base, destination: destinationOf(id), payload })),
  );
}

/** Asks a subscriber to confirm, or tells it that it has left; nothing else waits for it any more. */
export function askSubscriber(
  tx: Tx,
  { id: subscription }: Subscription,
  said: Exclude<SubscriptionPayload, { kind: "Notification" }>,
): void {
  forgetSubscriber(tx, subscription);
  insertDeliveries(tx, [{
    eventSequence: 0,
    destination: destinationOf(subscription),
    deploymentId: "",
    payload: payloadText(said),
    createTime: said.at,
  }]);
}

/** Drops whatever a subscription was still to get. */
export function forgetSubscriber(tx: Tx, subscriptionId: string): void {
  removeDestination(tx, destinationOf(subscriptionId));
}

function destinationOf(subscriptionId: string): string {
  return `${SUBSCRIPTION_KIND}:${subscriptionId}`;
}

function payloadText(payload: SubscriptionPayload): string {
  return JSON.stringify(payload);
}
