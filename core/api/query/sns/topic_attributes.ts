/** GetTopicAttributes and SetTopicAttributes. @module */
import { z } from "zod";
import { SignatureVersion, type Topic, topicArn } from "../../../domain/topic.ts";
import { countSubscriptions, setTopicAttributes as changeTopic } from "../../../store/topics.ts";
import { queryOperation } from "../query_service.ts";
import { TOPIC_DELIVERY_POLICY } from "./effective_delivery_policy.ts";
import { Arn, invalidParameter, namedTopic } from "./named.ts";
import { checkPolicy, policyOf } from "./topic_policy.ts";

/** Printable, on one line (SetTopicAttributes). */
const DisplayName = z.string().max(100).regex(/^[^\p{Cc}]*$/u);

/** What this server does not have, by the value that says so. */
const SO_ANYWAY: readonly [attribute: RegExp, value: string][] = [
  [/^(FifoTopic|ContentBasedDeduplication)$/, "false"],
  [/^(Application|Firehose|HTTP|Lambda|SQS)SuccessFeedbackSampleRate$/, "0"],
  [/^(Application|Firehose|HTTP|Lambda|SQS)(Success|Failure)FeedbackRoleArn$/, ""],
  [/^(DeliveryPolicy|KmsMasterKeyId|TracingConfig|ArchivePolicy)$/, ""],
];

export const getTopicAttributes = queryOperation({
  name: "GetTopicAttributes",
  role: "viewer",
  input: z.object({ TopicArn: Arn }),
  run({ TopicArn }, { store, realm }) {
    const topic = namedTopic(store.read, realm, TopicArn);
    const { name, displayName, signatureVersion } = topic;
    const { pending, confirmed, deleted } = countSubscriptions(store.read, name);
    return {
      Attributes: new Map<string, unknown>([
        ["TopicArn", topicArn(realm, name)],
        ["Owner", realm.account],
        ["Policy", policyOf(realm, topic)],
        ["EffectiveDeliveryPolicy", TOPIC_DELIVERY_POLICY],
        ["DisplayName", displayName],
        ["SignatureVersion", signatureVersion],
        ["SubscriptionsPending", pending],
        ["SubscriptionsConfirmed", confirmed],
        ["SubscriptionsDeleted", deleted],
      ]),
    };
  },
});

export const setTopicAttributes = queryOperation({
  name: "SetTopicAttributes",
  role: "deployer",
  input: z.object({
    TopicArn: Arn,
    AttributeName: z.string(),
    AttributeValue: z.string().default(""),
  }),
  async run({ TopicArn, AttributeName, AttributeValue }, { store, realm }) {
    const change = topicChange(AttributeName, AttributeValue);
    await store.commit((tx) => {
      changeTopic(tx, namedTopic(tx, realm, TopicArn).name, change);
    });
  },
});

/**
 * The attributes that are kept; the others are refused rather than forgotten, unless they say what is
 * so anyway: Terraform's provider sets sample rates of 0 on every topic that it makes.
 */
export function topicChange(name: string, value: string): Partial<Topic> {
  if (name === "DisplayName") {
    if (!DisplayName.safeParse(value).success) {
      throw invalidParameter(name, "at most 100 characters on one line are wanted");
    }
    return { displayName: value };
  }
  if (name === "SignatureVersion") {
    const version = SignatureVersion.safeParse(value);
    if (!version.success) throw invalidParameter(name, "1 (SHA-1) or 2 (SHA-256) is wanted");
    return { signatureVersion: version.data };
  }
  if (name === "Policy") {
    checkPolicy(value);
    return { policy: value };
  }
  if (SO_ANYWAY.some(([attribute, said]) => attribute.test(name) && said === value)) return {};
  throw invalidParameter(
    "AttributeName",
    `this server has the attributes DisplayName, SignatureVersion and Policy, not ${name}`,
  );
}
