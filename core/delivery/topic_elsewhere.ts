/**
 * The destination `topic`: a topic that this server does not have. It is published to at an endpoint
 * that speaks SNS, if the server was given one; otherwise the message is a dead letter that says so.
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Realm } from "../domain/identity.ts";
import { ownTopicName, parseTopicArn, TopicMessage } from "../domain/topic.ts";
import type { WaitingDelivery } from "../store/deliveries.ts";
import type { Store } from "../store/store.ts";
import { publish, subscribersOf, TOPIC_KIND } from "../store/topic_deliveries.ts";
import { ApiError } from "../wire/aws_json.ts";
import { callQuery, SNS } from "../wire/aws_query.ts";
import type { Credentials } from "../wire/sigv4.ts";
import { DeliveryFailure, type Destination } from "./destination.ts";
import { triggerMessage } from "./trigger_message.ts";

export interface SnsEndpoint {
  url: string;
  credentials: Credentials;
}

export interface TopicElsewhereContext {
  readonly store: Pick<Store, "read" | "commit">;
  readonly realm: Realm;
  readonly endpoint: SnsEndpoint | undefined;
  readonly fetch: typeof fetch;
}

/** Refusals that no later attempt can change. */
const FOR_GOOD: ReadonlySet<string> = new Set(["NotFound", "InvalidParameter"]);

export function topicElsewhereDestination(context: TopicElsewhereContext): Destination {
  const { store, realm } = context;
  return {
    kind: TOPIC_KIND,
    expand: (tx, fact) =>
      fact.triggers.flatMap(({ name, topicArn }) => {
        if (subscribersOf(tx, realm, topicArn)) return [];
        const message = { ...triggerMessage(fact, name), id: randomUUID(), at: fact.time };
        return [{ key: topicArn, payload: JSON.stringify(message) }];
      }),
    async deliver({ payload }: WaitingDelivery, topicArn, signal) {
      const message = TopicMessage.parse(JSON.parse(payload));
      // It was created after its message had become a dead letter, which then was replayed.
      if (subscribersOf(store.read, realm, topicArn)) {
        await store.commit((tx) => publish(tx, realm, topicArn, message));
        return;
      }
      await publishElsewhere(topicArn, message, context, signal);
    },
  };
}

async function publishElsewhere(
  topicArn: string,
  { subject, message }: TopicMessage,
  { realm, endpoint, fetch }: TopicElsewhereContext,
  signal: AbortSignal,
): Promise<void> {
  const region = parseTopicArn(topicArn)?.region;
  if (!endpoint || region === undefined) {
    const own = ownTopicName(realm, topicArn);
    const advice = own === undefined
      ? "topics of others need an endpoint that speaks SNS: start the server with --sns-endpoint"
      : `create it: runtime topic create ${own}`;
    throw new DeliveryFailure(
      `there is no topic ${topicArn} on this server; ${advice}, then replay this`,
      { next: "never" },
    );
  }
  const parameters = {
    TopicArn: topicArn,
    Message: message,
    ...(subject !== undefined && { Subject: subject }),
  };
  try {
    const call = { ...SNS, action: "Publish", parameters, signal };
    await callQuery({ ...endpoint, region, fetch }, call);
  } catch (cause) {
    if (signal.aborted || !(cause instanceof Error)) throw cause;
    const refusal = cause instanceof ApiError ? `${cause.type}: ` : "";
    const next = cause instanceof ApiError && FOR_GOOD.has(cause.type) ? "never" : "again";
    throw new DeliveryFailure(
      `publishing to ${topicArn} at ${endpoint.url}: ${refusal}${cause.message}`,
      { next, cause },
    );
  }
}
