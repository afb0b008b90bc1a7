/**
 * The destination `subscription`: one subscriber of a topic of this server, by HTTP, HTTPS or mail.
 * A message for somebody who has left meanwhile is not sent, and counts as delivered.
 * @module
 */
import { randomUUID } from "node:crypto";
import { type Subscription, SubscriptionPayload, type Topic } from "../domain/topic.ts";
import type { Db } from "../store/database.ts";
import type { WaitingDelivery } from "../store/deliveries.ts";
import {
  notificationPayload,
  subscribersOf,
  SUBSCRIPTION_KIND,
} from "../store/topic_deliveries.ts";
import { findSubscription, findTopic } from "../store/topics.ts";
import { DeliveryFailure, type Destination } from "./destination.ts";
import { post } from "./http_receiver.ts";
import type { Mailer } from "./mail_receiver.ts";
import { confirmationMail, notificationMail } from "./mail_text.ts";
import {
  confirmation,
  notification,
  snsHeaders,
  type TopicPlace,
  type UnsignedDocument,
} from "./sns_message.ts";
import { signDocument } from "./sns_signature.ts";
import { triggerMessage } from "./trigger_message.ts";

export interface SubscriptionContext {
  /** For reads outside a commit. */
  readonly read: Db;
  readonly place: TopicPlace;
  readonly fetch: typeof fetch;
  /** RSA key in PEM. */
  signingKey(): Promise<string>;
  /** Undefined when the server sends no mail. */
  readonly mailer: Mailer | undefined;
}

export function subscriptionDestination(context: SubscriptionContext): Destination {
  const { realm } = context.place;
  return {
    kind: SUBSCRIPTION_KIND,
    expand: (tx, fact) =>
      fact.triggers.flatMap(({ name, topicArn }) => {
        const subscribers = subscribersOf(tx, realm, topicArn) ?? [];
        const message = { ...triggerMessage(fact, name), id: randomUUID(), at: fact.time };
        const payload = notificationPayload(message);
        return subscribers.map(({ id }) => ({ key: id, payload }));
      }),
    async deliver(delivery: WaitingDelivery, id, signal) {
      const payload = SubscriptionPayload.parse(JSON.parse(delivery.payload));
      const subscription = findSubscription(context.read, id);
      const topic = subscription && findTopic(context.read, subscription.topic);
      if (!topic || subscription.status !== WANTED[payload.kind]) return;
      if (subscription.protocol === "email") {
        await mail(payload, subscription, topic, context);
        return;
      }
      await postDocument(payload, subscription, topic, context, signal);
    },
  };
}

/** The status in which a subscription gets each kind of message. */
const WANTED: Readonly<Record<SubscriptionPayload["kind"], Subscription["status"]>> = {
  Notification: "confirmed",
  SubscriptionConfirmation: "pending",
  UnsubscribeConfirmation: "deleted",
};

async function postDocument(
  payload: SubscriptionPayload,
  subscription: Subscription,
  { signatureVersion }: Topic,
  context: SubscriptionContext,
  signal: AbortSignal,
): Promise<void> {
  const { place } = context;
  const document: UnsignedDocument = payload.kind === "Notification"
    ? notification(place, subscription, signatureVersion, payload)
    : confirmation(place, subscription, signatureVersion, { ...payload, type: payload.kind });
  const headers = snsHeaders(place, subscription, document);
  const raw = payload.kind === "Notification" && subscription.rawMessageDelivery;
  const body = raw
    ? payload.message
    : JSON.stringify(signDocument(document, await context.signingKey()), null, 2);
  await post(subscription.endpoint, { headers, body }, context.fetch, signal);
}

async function mail(
  payload: SubscriptionPayload,
  subscription: Subscription,
  topic: Topic,
  { mailer, place }: SubscriptionContext,
): Promise<void> {
  if (!mailer) {
    throw new DeliveryFailure(
      `${subscription.endpoint} wants mail, and this server sends none: start it with --smtp-url ` +
        `and --mail-from, then replay this`,
      { next: "never" },
    );
  }
  const text = payload.kind === "Notification"
    ? notificationMail(place, subscription, payload)
    : confirmationMail(place, subscription);
  await mailer.send({
    ...text,
    id: `${payload.id}.${subscription.id}`,
    to: subscription.endpoint,
    fromName: topic.displayName,
  });
}
