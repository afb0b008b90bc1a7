/** GetSubscriptionAttributes and SetSubscriptionAttributes. @module */
import { z } from "zod";
import { subscriptionArn, topicArn, withoutPassword } from "../../../domain/topic.ts";
import { putSubscription } from "../../../store/topics.ts";
import { queryOperation } from "../query_service.ts";
import { SUBSCRIPTION_DELIVERY_POLICY } from "./effective_delivery_policy.ts";
import { Arn, namedSubscription } from "./named.ts";
import { rawMessage } from "./subscription_operations.ts";

export const getSubscriptionAttributes = queryOperation({
  name: "GetSubscriptionAttributes",
  role: "viewer",
  input: z.object({ SubscriptionArn: Arn }),
  run({ SubscriptionArn }, { store, realm }) {
    const found = namedSubscription(store.read, realm, SubscriptionArn);
    return {
      Attributes: new Map<string, unknown>([
        ["SubscriptionArn", subscriptionArn(realm, found)],
        ["TopicArn", topicArn(realm, found.topic)],
        ["Owner", realm.account],
        ["Protocol", found.protocol],
        ["Endpoint", withoutPassword(found.endpoint)],
        ["PendingConfirmation", found.status === "pending"],
        ["ConfirmationWasAuthenticated", false],
        ["RawMessageDelivery", found.rawMessageDelivery],
        ...(found.protocol === "email"
          ? []
          : [["EffectiveDeliveryPolicy", SUBSCRIPTION_DELIVERY_POLICY] as const]),
      ]),
    };
  },
});

export const setSubscriptionAttributes = queryOperation({
  name: "SetSubscriptionAttributes",
  role: "deployer",
  input: z.object({
    SubscriptionArn: Arn,
    AttributeName: z.string(),
    AttributeValue: z.string().default(""),
  }),
  async run({ SubscriptionArn, AttributeName, AttributeValue }, { store, realm }) {
    await store.commit((tx) => {
      const found = namedSubscription(tx, realm, SubscriptionArn);
      const rawMessageDelivery = rawMessage(AttributeName, AttributeValue, found.protocol);
      putSubscription(tx, { ...found, rawMessageDelivery });
    });
  },
});
