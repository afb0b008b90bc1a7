/** What mails to subscribers say. Pure. @module */
import { type Subscription, topicArn, type TopicMessage } from "../domain/topic.ts";
import { subscribeUrl, type TopicPlace, unsubscribeUrl } from "./sns_message.ts";

export interface MailText {
  subject: string;
  text: string;
  /** A link that ends the subscription, for mail programs too. */
  unsubscribe?: string;
}

/** A message, and how to get no more of them. */
export function notificationMail(
  place: TopicPlace,
  subscription: Subscription,
  { subject, message }: TopicMessage,
): MailText {
  const arn = topicArn(place.realm, subscription.topic);
  const unsubscribe = unsubscribeUrl(place, subscription);
  return {
    subject: subject ?? `Message of the topic ${subscription.topic}`,
    text: `${message}\n\n--\n${subscription.endpoint} hears the topic ${arn}.\n` +
      `To unsubscribe, open: ${unsubscribe}\n`,
    unsubscribe,
  };
}

/** The question that has to be answered before anything else is sent. */
export function confirmationMail(place: TopicPlace, subscription: Subscription): MailText {
  const arn = topicArn(place.realm, subscription.topic);
  return {
    subject: `Confirm your subscription to ${subscription.topic}`,
    text: `Somebody asked that ${subscription.endpoint} gets what is published to the topic\n` +
      `${arn}\n\nTo confirm, open: ${subscribeUrl(place, subscription)}\n\n` +
      `If you did not expect this, do nothing: you get no other mail.\n`,
  };
}
