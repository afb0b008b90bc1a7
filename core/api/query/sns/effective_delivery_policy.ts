/**
 * EffectiveDeliveryPolicy: how this server retries, in the words of SNS. The rules are the same for
 * every subscriber, and nobody can set others.
 * @module
 */
import { RETRY_RULES } from "../../../delivery/retry.ts";

/** Delays in seconds; the wait doubles from the least to the greatest. */
const RETRIES = {
  minDelayTarget: RETRY_RULES.first / 1000,
  maxDelayTarget: RETRY_RULES.longest / 1000,
  numRetries: RETRY_RULES.attempts - 1,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: "exponential",
};

export const TOPIC_DELIVERY_POLICY = JSON.stringify({
  http: { defaultHealthyRetryPolicy: RETRIES, disableSubscriptionOverrides: true },
});

export const SUBSCRIPTION_DELIVERY_POLICY = JSON.stringify({ healthyRetryPolicy: RETRIES });
