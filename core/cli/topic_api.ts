/** The operations of SNS as the verbs of `runtime topic` call them. @module */
import { z } from "zod";
import { callQuery, SNS } from "../wire/aws_query.ts";
import type { Api } from "./api.ts";
import { EXIT } from "./exit.ts";
import { Failure, usageFailure } from "./failure.ts";

/** An element without content is an empty text on the wire. */
function list<Entry extends z.ZodType>(entry: Entry) {
  return z.preprocess(
    (given) => given === "" || given === undefined ? { member: [] } : given,
    z.object({ member: z.array(entry) }),
  ).transform(({ member }) => member);
}

export const Topic = z.object({ TopicArn: z.string() });
export const Subscription = z.object({
  SubscriptionArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  TopicArn: z.string(),
});
const TopicsPage = z.object({ Topics: list(Topic), NextToken: z.string().optional() });
const SubscriptionsPage = z.object({
  Subscriptions: list(Subscription),
  NextToken: z.string().optional(),
});

export type TopicSubscription = z.infer<typeof Subscription>;

/** One action of SNS; the answer is checked. */
export async function sns<T>(
  api: Api,
  action: string,
  parameters: Record<string, string>,
  answer: z.ZodType<T>,
): Promise<T> {
  const said = await callQuery(api.connection, { ...SNS, action, parameters });
  const parsed = answer.safeParse(said);
  if (parsed.success) return parsed.data;
  throw new Failure({
    exitCode: EXIT.failed,
    cause: `${api.connection.url} answered ${action} with something this version does not know`,
    evidence: parsed.error.issues.slice(0, 3).map((one) => `${one.path.join(".")}: ${one.message}`),
    state: "the operation itself was carried out",
    next: ["runtime topic list"],
  });
}

/** The ARNs of all topics. */
export async function allTopics(api: Api): Promise<string[]> {
  const arns: string[] = [];
  let next: string | undefined;
  do {
    const page: z.infer<typeof TopicsPage> = await sns(
      api,
      "ListTopics",
      next === undefined ? {} : { NextToken: next },
      TopicsPage,
    );
    arns.push(...page.Topics.map(({ TopicArn }) => TopicArn));
    next = page.NextToken;
  } while (next !== undefined);
  return arns;
}

/** All subscriptions, of one topic or of every one. */
export async function allSubscriptions(api: Api, topicArn?: string): Promise<TopicSubscription[]> {
  const [action, base] = topicArn === undefined
    ? ["ListSubscriptions", {}]
    : ["ListSubscriptionsByTopic", { TopicArn: topicArn }];
  const all: TopicSubscription[] = [];
  let next: string | undefined;
  do {
    const page: z.infer<typeof SubscriptionsPage> = await sns(
      api,
      action,
      { ...base, ...(next !== undefined && { NextToken: next }) },
      SubscriptionsPage,
    );
    all.push(...page.Subscriptions);
    next = page.NextToken;
  } while (next !== undefined);
  return all;
}

/** The ARN of a topic that a person gives by its name or ARN. */
export async function topicNamed(api: Api, given: string): Promise<string> {
  if (given.startsWith("arn:")) return given;
  const arn = (await allTopics(api)).find((one) => one.endsWith(`:${given}`));
  if (arn !== undefined) return arn;
  throw usageFailure(`There is no topic ${given}`, [`asked: ${api.connection.url}`], [
    `runtime topic create ${given}`,
    "runtime topic list",
  ]);
}
