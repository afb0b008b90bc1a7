/**
 * The JSON documents that Amazon SNS sends to HTTP and HTTPS endpoints, the headers beside them, and
 * the text that their signature covers (SNS developer guide, "Parsing Amazon SNS message formats",
 * "Verifying the signatures of Amazon SNS messages"). Pure.
 * @module
 */
import type { Realm } from "../domain/identity.ts";
import {
  type SignatureVersion,
  type Subscription,
  subscriptionArn,
  topicArn,
  type TopicMessage,
} from "../domain/topic.ts";

export type SnsType = "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";

/** Fields in the order that SNS sends them; those of confirmations alone may be missing. */
export interface SnsDocument {
  Type: SnsType;
  MessageId: string;
  Token?: string;
  TopicArn: string;
  Subject?: string;
  Message: string;
  SubscribeURL?: string;
  /** ISO 8601, UTC. */
  Timestamp: string;
  SignatureVersion: SignatureVersion;
  /** Base64. */
  Signature: string;
  SigningCertURL: string;
  UnsubscribeURL?: string;
}

/** A document that nobody has signed yet. */
export type UnsignedDocument = Omit<SnsDocument, "Signature">;

/** Where the server is reached, and which realm it speaks for. */
export interface TopicPlace {
  realm: Realm;
  /** Origin, without a slash at its end. */
  publicUrl: string;
}

/** Path of the certificate; verifiers want it to end so. */
export const CERTIFICATE_PATH = "/SimpleNotificationService.pem";

/** What a subscriber of a topic gets for one message. */
export function notification(
  place: TopicPlace,
  subscription: Subscription,
  version: SignatureVersion,
  message: TopicMessage,
): UnsignedDocument {
  return {
    Type: "Notification",
    MessageId: message.id,
    TopicArn: topicArn(place.realm, subscription.topic),
    ...(message.subject !== undefined && { Subject: message.subject }),
    Message: message.message,
    Timestamp: new Date(message.at).toISOString(),
    SignatureVersion: version,
    SigningCertURL: place.publicUrl + CERTIFICATE_PATH,
    UnsubscribeURL: unsubscribeUrl(place, subscription),
  };
}

/** The request to confirm that a subscriber is asked first, or the farewell that lets it come back. */
export function confirmation(
  place: TopicPlace,
  subscription: Subscription,
  version: SignatureVersion,
  said: { type: Exclude<SnsType, "Notification">; id: string; at: number },
): UnsignedDocument {
  const arn = topicArn(place.realm, subscription.topic);
  const message = said.type === "SubscriptionConfirmation"
    ? `You have chosen to subscribe to the topic ${arn}.\nTo confirm the subscription, visit the ` +
      `SubscribeURL included in this message.`
    : `You have chosen to deactivate subscription ${
      subscriptionArn(place.realm, subscription)
    }.\n` +
      `To cancel this operation and restore the subscription, visit the SubscribeURL included in ` +
      `this message.`;
  return {
    Type: said.type,
    MessageId: said.id,
    Token: subscription.token,
    TopicArn: arn,
    Message: message,
    SubscribeURL: subscribeUrl(place, subscription),
    Timestamp: new Date(said.at).toISOString(),
    SignatureVersion: version,
    SigningCertURL: place.publicUrl + CERTIFICATE_PATH,
  };
}

/** A GET of it confirms the subscription. */
export function subscribeUrl(place: TopicPlace, { topic, token }: Subscription): string {
  const query = new URLSearchParams({
    Action: "ConfirmSubscription",
    TopicArn: topicArn(place.realm, topic),
    Token: token,
  });
  return `${place.publicUrl}/?${query}`;
}

/** A GET of it ends the subscription. */
export function unsubscribeUrl(place: TopicPlace, subscription: Subscription): string {
  const query = new URLSearchParams({
    Action: "Unsubscribe",
    SubscriptionArn: subscriptionArn(place.realm, subscription),
    // With SNS the ARN is enough; here whoever may only read it cannot end it.
    Token: subscription.token,
  });
  return `${place.publicUrl}/?${query}`;
}

/** Members of the signed text, by the guide's lists: sorted by name, each only if it is there. */
const SIGNED: Readonly<Record<SnsType, readonly (keyof UnsignedDocument)[]>> = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
  ],
  UnsubscribeConfirmation: [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
  ],
};

/** The text that is signed: name and value of each member, a line each. */
export function signedText(document: UnsignedDocument): string {
  return SIGNED[document.Type]
    .map((name) => [name, document[name]] as const)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join("");
}

/** The headers beside a document; the content type is text, whatever the body looks like. */
export function snsHeaders(
  place: TopicPlace,
  subscription: Subscription,
  document: Pick<SnsDocument, "Type" | "MessageId" | "TopicArn">,
): Record<string, string> {
  const raw = document.Type === "Notification" && subscription.rawMessageDelivery;
  return {
    "x-amz-sns-message-type": document.Type,
    "x-amz-sns-message-id": document.MessageId,
    "x-amz-sns-topic-arn": document.TopicArn,
    ...(document.Type !== "SubscriptionConfirmation" && {
      "x-amz-sns-subscription-arn": subscriptionArn(place.realm, subscription),
    }),
    ...(raw && { "x-amz-sns-rawdelivery": "true" }),
    "content-type": "text/plain; charset=UTF-8",
    "user-agent": "Amazon Simple Notification Service Agent",
  };
}
