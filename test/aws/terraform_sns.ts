/**
 * Terraform's provider of AWS in front of SNS: `aws_sns_topic` and `aws_sns_topic_subscription`, by the
 * calls it makes and the attributes it reads. Attributes are set one by one, numbers that were not said
 * as 0; what the API does not tell is nothing; a topic's policy has to be there and to be one.
 * @module
 */
import * as sdk from "@aws-sdk/client-sns";
import assert from "node:assert/strict";

/** As a configuration says it; what it leaves out is not there. */
export interface TopicArguments {
  name: string;
  display_name?: string;
  policy?: string;
  signature_version?: number;
  http_success_feedback_sample_rate?: number;
  tags?: Record<string, string>;
}
export interface TopicState {
  id: string;
  arn: string;
  name: string;
  owner: string;
  display_name: string;
  policy: string;
  signature_version: number;
  fifo_topic: boolean;
  delivery_policy: string;
  http_success_feedback_sample_rate: number;
  tags: Record<string, string>;
}

export interface SubscriptionArguments {
  topic_arn: string;
  protocol: string;
  endpoint: string;
  raw_message_delivery?: boolean;
  endpoint_auto_confirms?: boolean;
}
export interface SubscriptionState
  extends Required<Omit<SubscriptionArguments, "endpoint_auto_confirms">> {
  id: string;
  arn: string;
  owner_id: string;
  pending_confirmation: boolean;
  confirmation_was_authenticated: boolean;
  filter_policy: string;
  delivery_policy: string;
}

/** Sample rates are numbers with no default, so each new topic is told them all. */
const SAMPLE_RATES = ["Application", "Firehose", "HTTP", "Lambda", "SQS"]
  .map((protocol) => `${protocol}SuccessFeedbackSampleRate`);

export class SnsProvider {
  readonly #client: sdk.SNSClient;

  constructor(client: sdk.SNSClient) {
    this.#client = client;
  }

  async createTopic(config: TopicArguments): Promise<TopicState | undefined> {
    const { name: Name, tags } = config;
    const Tags = tags && Object.keys(tags).length > 0 ? tagList(tags) : undefined;
    const { TopicArn = "" } = await this.#client.send(new sdk.CreateTopicCommand({ Name, Tags }));
    for (const rate of SAMPLE_RATES) {
      const said = rate.startsWith("HTTP") ? config.http_success_feedback_sample_rate : undefined;
      await this.#set(TopicArn, rate, String(said ?? 0));
    }
    await this.#setSaid(TopicArn, config, ["display_name", "policy", "signature_version"]);
    return await this.readTopic(TopicArn);
  }

  /** Undefined when it has gone. Import is a read by the ARN. */
  async readTopic(TopicArn: string): Promise<TopicState | undefined> {
    const got = await gone(this.#client.send(new sdk.GetTopicAttributesCommand({ TopicArn })));
    if (got === undefined) return undefined;
    const { Attributes: told = {} } = got;
    const policy = JSON.parse(told["Policy"] ?? "");
    assert.ok(Array.isArray(policy.Statement), "the provider looks into a list of statements");
    const { Tags = [] } = await this.#client.send(
      new sdk.ListTagsForResourceCommand({ ResourceArn: TopicArn }),
    );
    return {
      id: TopicArn,
      arn: told["TopicArn"] ?? "",
      name: TopicArn.split(":").at(-1) ?? "",
      owner: told["Owner"] ?? "",
      display_name: told["DisplayName"] ?? "",
      policy: told["Policy"] ?? "",
      signature_version: whole(told["SignatureVersion"]),
      fifo_topic: flag(told["FifoTopic"]),
      delivery_policy: told["DeliveryPolicy"] ?? "",
      http_success_feedback_sample_rate: whole(told["HTTPSuccessFeedbackSampleRate"]),
      tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
    };
  }

  async updateTopic(state: TopicState, config: TopicArguments): Promise<TopicState | undefined> {
    const changed = topicPlan(config, state);
    for (const argument of changed) {
      if (argument === "tags") await this.#updateTags(state, config.tags ?? {});
      else await this.#set(state.id, NAMES[argument], String(config[argument] ?? UNSAID[argument]));
    }
    return await this.readTopic(state.id);
  }

  async deleteTopic({ id }: TopicState): Promise<void> {
    await gone(this.#client.send(new sdk.DeleteTopicCommand({ TopicArn: id })));
  }

  /** `confirmed` is waited for when the configuration says that the endpoint confirms by itself. */
  async createSubscription(
    config: SubscriptionArguments,
    confirmed?: (isConfirmed: () => Promise<boolean>) => Promise<unknown>,
  ): Promise<SubscriptionState | undefined> {
    const { SubscriptionArn = "" } = await this.#client.send(
      new sdk.SubscribeCommand({
        TopicArn: config.topic_arn,
        Protocol: config.protocol,
        Endpoint: config.endpoint,
        Attributes: config.raw_message_delivery ? { RawMessageDelivery: "true" } : {},
        ReturnSubscriptionArn: true,
      }),
    );
    const isConfirmed = async () =>
      (await this.readSubscription(SubscriptionArn))?.pending_confirmation === false;
    if (config.endpoint_auto_confirms) await confirmed?.(isConfirmed);
    return await this.readSubscription(SubscriptionArn);
  }

  async readSubscription(SubscriptionArn: string): Promise<SubscriptionState | undefined> {
    const command = new sdk.GetSubscriptionAttributesCommand({ SubscriptionArn });
    const got = await gone(this.#client.send(command));
    if (got === undefined) return undefined;
    const { Attributes: told = {} } = got;
    return {
      id: SubscriptionArn,
      arn: told["SubscriptionArn"] ?? "",
      topic_arn: told["TopicArn"] ?? "",
      protocol: told["Protocol"] ?? "",
      endpoint: told["Endpoint"] ?? "",
      owner_id: told["Owner"] ?? "",
      raw_message_delivery: flag(told["RawMessageDelivery"]),
      pending_confirmation: flag(told["PendingConfirmation"]),
      confirmation_was_authenticated: flag(told["ConfirmationWasAuthenticated"]),
      filter_policy: told["FilterPolicy"] ?? "",
      delivery_policy: told["DeliveryPolicy"] ?? "",
    };
  }

  async updateSubscription(
    { id }: SubscriptionState,
    config: SubscriptionArguments,
  ): Promise<SubscriptionState | undefined> {
    await this.#client.send(
      new sdk.SetSubscriptionAttributesCommand({
        SubscriptionArn: id,
        AttributeName: "RawMessageDelivery",
        AttributeValue: String(config.raw_message_delivery ?? false),
      }),
    );
    return await this.readSubscription(id);
  }

  /** It looks until the subscription has gone; here it is at once. */
  async deleteSubscription({ id }: SubscriptionState): Promise<SubscriptionState | undefined> {
    await this.#client.send(new sdk.UnsubscribeCommand({ SubscriptionArn: id }));
    return await this.readSubscription(id);
  }

  async #setSaid(
    arn: string,
    config: TopicArguments,
    said: readonly (keyof typeof NAMES)[],
  ): Promise<void> {
    for (const argument of said) {
      const value = config[argument];
      if (value !== undefined) await this.#set(arn, NAMES[argument], String(value));
    }
  }

  async #set(TopicArn: string, AttributeName: string, AttributeValue: string): Promise<void> {
    const change = { TopicArn, AttributeName, AttributeValue };
    await this.#client.send(new sdk.SetTopicAttributesCommand(change));
  }

  async #updateTags({ id, tags }: TopicState, after: Record<string, string>): Promise<void> {
    const TagKeys = Object.keys(tags).filter((key) => after[key] === undefined);
    if (TagKeys.length > 0) {
      await this.#client.send(new sdk.UntagResourceCommand({ ResourceArn: id, TagKeys }));
    }
    const changed = Object.entries(after).filter(([key, value]) => tags[key] !== value);
    if (changed.length === 0) return;
    const Tags = tagList(Object.fromEntries(changed));
    await this.#client.send(new sdk.TagResourceCommand({ ResourceArn: id, Tags }));
  }
}

const NAMES = {
  display_name: "DisplayName",
  policy: "Policy",
  signature_version: "SignatureVersion",
  http_success_feedback_sample_rate: "HTTPSuccessFeedbackSampleRate",
} as const;
const UNSAID = {
  display_name: "",
  policy: "",
  signature_version: "",
  http_success_feedback_sample_rate: 0,
} as const;

/** The arguments that an apply would change. Computed ones that are not said stay as they are. */
export function topicPlan(
  config: TopicArguments,
  state: TopicState,
): (keyof typeof NAMES | "tags")[] {
  const changed: (keyof typeof NAMES | "tags")[] = [];
  if ((config.display_name ?? "") !== state.display_name) changed.push("display_name");
  if (config.policy !== undefined && !sameJson(config.policy, state.policy)) changed.push("policy");
  const { signature_version: version = state.signature_version } = config;
  if (version !== state.signature_version) changed.push("signature_version");
  const rate = "http_success_feedback_sample_rate";
  if ((config[rate] ?? 0) !== state[rate]) changed.push(rate);
  if (!same(config.tags ?? {}, state.tags)) changed.push("tags");
  return changed;
}

/** The arguments by which a configuration and a state differ, those that make another one of it too. */
export function subscriptionPlan(
  config: SubscriptionArguments,
  state: SubscriptionState,
): string[] {
  const { endpoint_auto_confirms: _, raw_message_delivery = false, ...rest } = config;
  return Object.entries({ ...rest, raw_message_delivery })
    .filter(([argument, value]) => Object(state)[argument] !== value).map(([argument]) => argument);
}

/** The answer, or undefined for what is not there. */
async function gone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof sdk.NotFoundException) return undefined;
    throw error;
  }
}

function tagList(tags: Record<string, string>): sdk.Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** As the provider reads a number and a flag; a text that is neither is an error of its. */
function whole(text = "0"): number {
  assert.match(text, /^-?\d+$/);
  return Number(text);
}

function flag(text = "false"): boolean {
  assert.match(text, /^(true|false)$/);
  return text === "true";
}

function same(some: unknown, others: unknown): boolean {
  try {
    assert.deepEqual(some, others);
    return true;
  } catch (error) {
    if (error instanceof assert.AssertionError) return false;
    throw error;
  }
}

function sameJson(some: string, others: string): boolean {
  return same(JSON.parse(some), JSON.parse(others));
}
