/**
 * Subscribe, ConfirmSubscription, Unsubscribe and the lists. A subscription is pending until whoever
 * reads at its endpoint confirms by the token sent there, and gets nothing else before.
 * @module
 */
import { randomUUID } from "node:crypto";
import { Buffer } from "node:buffer";
import { z } from "zod";
import {
  type Subscription,
  subscriptionArn,
  SubscriptionProtocol,
  type Topic,
} from "../../../domain/topic.ts";
import type { Tx } from "../../../store/group_commit.ts";
import { askSubscriber, forgetSubscriber } from "../../../store/topic_deliveries.ts";
import {
  listSubscriptions as readSubscriptions,
  putSubscription,
  removeExpiredSubscriptions,
  removeSubscription,
  subscriptionAt,
  subscriptionByToken,
} from "../../../store/topics.ts";
import type { ApiContext } from "../../context.ts";
import { tokenHash } from "../../session_token.ts";
import { nameOfToken, page } from "../../next_token.ts";
import { type QueryOperation, queryOperation } from "../query_service.ts";
import { QueryError } from "../query_error.ts";
import {
  Arn,
  AttributeFlag,
  invalidParameter,
  namedSubscription,
  namedTopic,
  PAGE,
  subscriptionEntry,
} from "./named.ts";

/** How long a token is good for (SNS: two days in one place of its guide, three in another). */
const TOKEN_MILLISECONDS = 3 * 86_400_000;

const SubscribeInput = z.object({
  TopicArn: Arn,
  Protocol: z.string(),
  Endpoint: z.string().max(2048).default(""),
  Attributes: z.record(z.string(), z.string()).default({}),
  ReturnSubscriptionArn: AttributeFlag.default(false),
});

/** `mail`: whether this server can send any. */
export function subscribe({ mail }: { mail: boolean }): QueryOperation {
  return queryOperation({
    name: "Subscribe",
    role: "deployer",
    input: SubscribeInput,
    async run(input, context) {
      const { store, realm, now } = context;
      const address = addressOf(input, mail);
      const rawMessageDelivery = rawOf(input.Attributes, address.protocol);
      const subscription = await store.commit((tx) => {
        removeExpiredSubscriptions(tx, now());
        const topic = namedTopic(tx, realm, input.TopicArn);
        const there = subscriptionAt(tx, { ...address, topic: topic.name });
        if (there?.status === "confirmed") {
          if (input.Attributes["RawMessageDelivery"] === undefined) return there;
          if (there.rawMessageDelivery === rawMessageDelivery) return there;
          throw invalidParameter("Attributes", "Subscription already exists with different ones");
        }
        return ask(tx, context, { topic, there, ...address, rawMessageDelivery });
      });
      const told = input.ReturnSubscriptionArn || subscription.status === "confirmed";
      const arn = subscriptionArn(realm, subscription);
      return { SubscriptionArn: told ? arn : "pending confirmation" };
    },
  });
}

function ask(
  tx: Tx,
  { now, randomBytes }: ApiContext,
  wanted: Pick<Subscription, "protocol" | "endpoint" | "rawMessageDelivery"> & {
    topic: Topic;
    there: Subscription | undefined;
  },
): Subscription {
  const { topic, there, ...rest } = wanted;
  const pending: Subscription = {
    ...rest,
    id: there?.id ?? randomUUID(),
    topic: topic.name,
    status: "pending",
    token: there?.token ?? Buffer.from(randomBytes(32)).toString("hex"),
    tokenExpires: now() + TOKEN_MILLISECONDS,
  };
  putSubscription(tx, pending);
  askSubscriber(tx, pending, { kind: "SubscriptionConfirmation", id: randomUUID(), at: now() });
  return pending;
}

export const confirmSubscription = queryOperation({
  name: "ConfirmSubscription",
  // The token is the proof, whoever brings it.
  role: "anyone",
  input: z.object({
    TopicArn: Arn,
    Token: z.string().min(1, "the token of the confirmation is wanted"),
    AuthenticateOnUnsubscribe: AttributeFlag.default(false),
  }),
  async run({ TopicArn, Token, AuthenticateOnUnsubscribe }, context) {
    if (AuthenticateOnUnsubscribe) {
      throw invalidParameter("AuthenticateOnUnsubscribe", "whoever has the link may always leave");
    }
    return await confirm(TopicArn, Token, context);
  },
});

/** Confirms by a token; once more is as good as once. */
export async function confirm(
  topicArn: string,
  token: string,
  { store, realm, now }: ApiContext,
): Promise<{ SubscriptionArn: string }> {
  const confirmed = await store.commit((tx) => {
    const { name } = namedTopic(tx, realm, topicArn);
    const there = subscriptionByToken(tx, name, token);
    if (there?.status === "confirmed") return there;
    if (!there || there.tokenExpires <= now()) {
      throw invalidParameter("Token", "it is not known, or too old. Subscribe again.");
    }
    const confirmed = { ...there, status: "confirmed" } as const;
    putSubscription(tx, confirmed);
    return confirmed;
  });
  return { SubscriptionArn: subscriptionArn(realm, confirmed) };
}

export const unsubscribe = queryOperation({
  name: "Unsubscribe",
  role: "deployer",
  input: z.object({ SubscriptionArn: Arn }),
  run: ({ SubscriptionArn }, context) => leave(SubscriptionArn, context),
});

/**
 * Unsubscribe by the link of a message. An endpoint that left by mistake is told how to come back,
 * and so is one that was taken out by somebody else.
 */
export async function leave(
  arn: string,
  { store, realm, now }: ApiContext,
  proof?: { token: string },
): Promise<void> {
  await store.commit((tx) => {
    const there = namedSubscription(tx, realm, arn);
    // By their hashes, so that the time this takes tells nothing of the token.
    if (proof && tokenHash(proof.token) !== tokenHash(there.token)) {
      throw new QueryError("NotFound", `Subscription does not exist: ${arn}`);
    }
    if (there.status === "pending" || there.protocol === "email") {
      removeSubscription(tx, there.id);
      forgetSubscriber(tx, there.id);
      return;
    }
    const tokenExpires = now() + TOKEN_MILLISECONDS;
    putSubscription(tx, { ...there, status: "deleted", tokenExpires });
    askSubscriber(tx, there, { kind: "UnsubscribeConfirmation", id: randomUUID(), at: now() });
  });
}

export const listSubscriptions = queryOperation({
  name: "ListSubscriptions",
  role: "viewer",
  input: z.object({ NextToken: z.string().optional() }),
  run: ({ NextToken }, context) => pageOf(context, NextToken),
});

export const listSubscriptionsByTopic = queryOperation({
  name: "ListSubscriptionsByTopic",
  role: "viewer",
  input: z.object({ TopicArn: Arn, NextToken: z.string().optional() }),
  run({ TopicArn, NextToken }, context) {
    const { name } = namedTopic(context.store.read, context.realm, TopicArn);
    return pageOf(context, NextToken, name);
  },
});

function pageOf({ store, realm }: ApiContext, token: string | undefined, topic?: string) {
  const after = nameOfToken(token);
  const load = (limit: number) => readSubscriptions(store.read, { topic, after, limit });
  const { entries, nextToken } = page(load, ({ id }) => id, PAGE);
  return {
    Subscriptions: entries.map((one) => subscriptionEntry(realm, one)),
    NextToken: nextToken,
  };
}

/** The parser of URLs takes these out or escapes them; what is told and compared is the text. */
const NOT_IN_URL = /[\s\p{Cc}]/u;

function addressOf(
  { Protocol, Endpoint }: z.infer<typeof SubscribeInput>,
  mail: boolean,
): Pick<Subscription, "protocol" | "endpoint"> {
  const protocol = SubscriptionProtocol.safeParse(Protocol);
  if (!protocol.success) {
    throw invalidParameter("Protocol", `this server has http, https and email, not ${Protocol}`);
  }
  if (protocol.data === "email") {
    if (!z.email().safeParse(Endpoint).success) {
      throw invalidParameter("Endpoint", "a mail address such as ops@example.com is wanted");
    }
    if (!mail) {
      throw invalidParameter(
        "Protocol",
        "this server sends no mail; start it with --smtp-url and --mail-from",
      );
    }
  } else if (URL.parse(Endpoint)?.protocol !== `${protocol.data}:` || NOT_IN_URL.test(Endpoint)) {
    throw invalidParameter("Endpoint", `a URL that begins with ${protocol.data}:// is wanted`);
  }
  return { protocol: protocol.data, endpoint: Endpoint };
}

function rawOf(attributes: Record<string, string>, protocol: SubscriptionProtocol): boolean {
  let raw = false;
  for (const [name, value] of Object.entries(attributes)) raw = rawMessage(name, value, protocol);
  return raw;
}

/** The one attribute that can be set; the others are refused rather than forgotten. */
export function rawMessage(name: string, value: string, protocol: SubscriptionProtocol): boolean {
  const flag = AttributeFlag.safeParse(value);
  if (name !== "RawMessageDelivery") {
    throw invalidParameter("AttributeName", `this server has RawMessageDelivery, not ${name}`);
  }
  if (!flag.success) throw invalidParameter(name, "true or false is wanted");
  if (flag.data && protocol === "email") {
    throw invalidParameter(name, "it is for http and https; a mail has no envelope to leave out");
  }
  return flag.data;
}
