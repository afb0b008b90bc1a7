/** `runtime topic …`: topics that triggers publish to, and who listens to them. @module */
import { z } from "zod";
import { type Api, openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { allSubscriptions, allTopics, sns, Topic, topicNamed } from "./topic_api.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

const CLIENT_FLAGS = [URL_FLAG, JSON_FLAG];
const TOPIC = ["<topic>", "its name or ARN"] as const;
const TopicArgument = z.string().min(1, "a topic is wanted");
/** What is answered beside what was asked for interests nobody. */
const Nothing = z.unknown();

export const create = verb({
  summary: "Create a topic, unless it is there",
  arguments: [["<name>", "letters, digits, hyphens and underscores"]],
  flags: [
    { flags: "--display-name <text>", text: "who its mails say they are from" },
    { flags: "--signature-version <n>", text: "1 signs with SHA-1 (default), 2 with SHA-256" },
    ...CLIENT_FLAGS,
  ],
  examples: ["runtime topic create deployments"],
  input: z.object({
    ...CLIENT_INPUT,
    name: z.string().min(1, "a name is wanted"),
    displayName: z.string().exactOptional(),
    signatureVersion: z.enum(["1", "2"]).exactOptional(),
  }),
  async run({ name, displayName, signatureVersion, json, ...input }, io) {
    const api = await openApi(io, input);
    const made = await sns(api, "CreateTopic", { Name: name }, Topic);
    const set = (AttributeName: string, AttributeValue: string) => {
      const change = { TopicArn: made.TopicArn, AttributeName, AttributeValue };
      return sns(api, "SetTopicAttributes", change, Nothing);
    };
    if (displayName !== undefined) await set("DisplayName", displayName);
    if (signatureVersion !== undefined) await set("SignatureVersion", signatureVersion);
    io.stdout.write(json ? jsonLine({ topicArn: made.TopicArn }) : `${made.TopicArn}\n`);
    if (!json) io.stderr.write(`Next: runtime topic subscribe ${name} https://…\n`);
    return EXIT.done;
  },
});

export const list = verb({
  summary: "List topics",
  flags: CLIENT_FLAGS,
  examples: ["runtime topic list"],
  input: z.object(CLIENT_INPUT),
  async run({ json, ...input }, io) {
    const topics = await allTopics(await openApi(io, input));
    return print(io, json, { topics }, topics, "There is no topic: runtime topic create NAME");
  },
});

export const remove = verb({
  summary: "Delete a topic with its subscriptions",
  arguments: [TOPIC],
  flags: CLIENT_FLAGS,
  examples: ["runtime topic delete deployments"],
  input: z.object({ ...CLIENT_INPUT, topic: TopicArgument }),
  async run({ topic, json, ...input }, io) {
    const api = await openApi(io, input);
    const topicArn = await topicNamed(api, topic);
    await sns(api, "DeleteTopic", { TopicArn: topicArn }, Nothing);
    return print(io, json, { topicArn }, [`Deleted ${topicArn}`]);
  },
});

export const subscribe = verb({
  summary: "Let an HTTP endpoint or a mail address hear a topic",
  arguments: [TOPIC, ["<endpoint>", "https://…, http://… or a mail address"]],
  flags: [
    { flags: "--raw", text: "send the message alone, without the envelope of SNS" },
    ...CLIENT_FLAGS,
  ],
  examples: [
    "runtime topic subscribe deployments https://hooks.example.com/runtime",
    "runtime topic subscribe deployments ops@example.com",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    topic: TopicArgument,
    endpoint: z.string().min(1, "an endpoint is wanted"),
    raw: z.boolean().default(false),
  }),
  async run({ topic, endpoint, raw, json, ...input }, io) {
    const Protocol = protocolOf(endpoint);
    const api = await openApi(io, input);
    const topicArn = await topicNamed(api, topic);
    const rawDelivery = {
      "Attributes.entry.1.key": "RawMessageDelivery",
      "Attributes.entry.1.value": "true",
    };
    const asked = {
      TopicArn: topicArn,
      Protocol,
      Endpoint: endpoint,
      ReturnSubscriptionArn: "true",
      ...(raw && rawDelivery),
    };
    const Answer = z.object({ SubscriptionArn: z.string() });
    const { SubscriptionArn: subscriptionArn } = await sns(api, "Subscribe", asked, Answer);
    const pending = await isPending(api, subscriptionArn);
    const said = json ? jsonLine({ subscriptionArn, pending }) : `${subscriptionArn}\n`;
    io.stdout.write(said);
    if (!json && pending) {
      io.stderr.write(
        `${endpoint} was asked to confirm, and gets nothing else before it does.\n`,
      );
    }
    return EXIT.done;
  },
});

export const unsubscribe = verb({
  summary: "End a subscription",
  arguments: [["<subscription>", "its ARN, from `runtime topic subscriptions`"]],
  flags: CLIENT_FLAGS,
  examples: [
    "runtime topic unsubscribe arn:aws:sns:us-east-1:000000000000:deployments:ID",
  ],
  input: z.object({ ...CLIENT_INPUT, subscription: z.string().min(1, "an ARN is wanted") }),
  async run({ subscription, json, ...input }, io) {
    const api = await openApi(io, input);
    await sns(api, "Unsubscribe", { SubscriptionArn: subscription }, Nothing);
    return print(io, json, { subscriptionArn: subscription }, [`Ended ${subscription}`]);
  },
});

export const subscriptions = verb({
  summary: "List who hears a topic, or every topic",
  arguments: [["[topic]", "its name or ARN"]],
  flags: CLIENT_FLAGS,
  examples: ["runtime topic subscriptions", "runtime topic subscriptions deployments --json"],
  input: z.object({ ...CLIENT_INPUT, topic: z.string().exactOptional() }),
  async run({ topic, json, ...input }, io) {
    const api = await openApi(io, input);
    const arn = topic === undefined ? undefined : await topicNamed(api, topic);
    const found = (await allSubscriptions(api, arn)).map((one) => ({
      subscriptionArn: one.SubscriptionArn,
      protocol: one.Protocol,
      endpoint: one.Endpoint,
      topicArn: one.TopicArn,
    }));
    const lines = found.map((one) => `${one.subscriptionArn}  ${one.endpoint}`);
    return print(io, json, { subscriptions: found }, lines, "Nobody has subscribed.");
  },
});

export const publish = verb({
  summary: "Publish a message, to see who hears it",
  arguments: [TOPIC, ["<message>", "its text"]],
  flags: [{ flags: "--subject <text>", text: "at most 100 characters" }, ...CLIENT_FLAGS],
  examples: ['runtime topic publish deployments "Is anybody there?"'],
  input: z.object({
    ...CLIENT_INPUT,
    topic: TopicArgument,
    message: z.string().min(1, "a message is wanted"),
    subject: z.string().exactOptional(),
  }),
  async run({ topic, message, subject, json, ...input }, io) {
    const api = await openApi(io, input);
    const said = {
      TopicArn: await topicNamed(api, topic),
      Message: message,
      ...(subject !== undefined && { Subject: subject }),
    };
    const Answer = z.object({ MessageId: z.string() });
    const { MessageId: messageId } = await sns(api, "Publish", said, Answer);
    return print(io, json, { messageId }, [messageId]);
  },
});

/** SNS calls the way to an endpoint its protocol. */
function protocolOf(endpoint: string): "http" | "https" | "email" {
  if (endpoint.startsWith("https://")) return "https";
  if (endpoint.startsWith("http://")) return "http";
  if (/^[^\s@]+@[^\s@]+$/.test(endpoint)) return "email";
  throw usageFailure("An endpoint is a URL or a mail address", [`given: ${endpoint}`], [
    "runtime topic subscribe TOPIC https://hooks.example.com/runtime",
    "runtime topic subscribe TOPIC ops@example.com",
  ]);
}

async function isPending(api: Api, subscriptionArn: string): Promise<boolean> {
  const Entry = z.object({ key: z.string(), value: z.string() });
  const Answer = z.object({ Attributes: z.object({ entry: z.array(Entry) }) });
  const asked = { SubscriptionArn: subscriptionArn };
  const { Attributes } = await sns(api, "GetSubscriptionAttributes", asked, Answer);
  return Attributes.entry.some(({ key, value }) =>
    key === "PendingConfirmation" && value === "true"
  );
}

/** The answer for programs, or lines for a person; `none` is said where there is no line. */
function print(
  io: Io,
  json: boolean,
  answer: unknown,
  lines: readonly string[],
  none = "",
): number {
  if (json) io.stdout.write(jsonLine(answer));
  else if (lines.length > 0) io.stdout.write(`${lines.join("\n")}\n`);
  else io.stderr.write(`${none}\n`);
  return EXIT.done;
}
