/** CreateTopic, DeleteTopic, ListTopics, GetTopicAttributes, SetTopicAttributes. @module */
import { z } from "zod";
import { SignatureVersion, type Topic, topicArn, TopicName } from "../../../domain/topic.ts";
import { forgetSubscriber } from "../../../store/topic_deliveries.ts";
import {
  countSubscriptions,
  deleteTopic as removeTopic,
  findTopic,
  insertTopic,
  listTopics as readTopics,
  setTopicAttributes as changeTopic,
} from "../../../store/topics.ts";
import { ownTopicName } from "../../../domain/topic.ts";
import { nameOfToken, page } from "../../next_token.ts";
import { queryList } from "../flattened.ts";
import { queryOperation } from "../query_service.ts";
import { Arn, invalidParameter, namedTopic, PAGE } from "./named.ts";

const Attributes = z.record(z.string(), z.string());

/** Printable, on one line (SetTopicAttributes). */
const DisplayName = z.string().max(100).regex(/^[^\p{Cc}]*$/u);

export const createTopic = queryOperation({
  name: "CreateTopic",
  role: "deployer",
  input: z.object({
    Name: TopicName,
    Attributes: Attributes.optional(),
    Tags: queryList(z.unknown()).optional(),
  }),
  async run({ Name: name, Attributes: given = {}, Tags = [] }, { store, realm, now }) {
    if (Tags.length > 0) throw invalidParameter("Tags", "topics have no tags on this server");
    const wanted = Object.entries(given).map(([key, value]) => topicChange(key, value))
      .reduce((all, one) => ({ ...all, ...one }), {});
    const made: Topic = {
      name,
      displayName: "",
      signatureVersion: "1",
      createTime: now(),
      tags: [],
      policy: "",
      ...wanted,
    };
    await store.commit((tx) => {
      const there = findTopic(tx, name);
      if (there && Object.entries(wanted).some(([key, value]) => !has(there, key, value))) {
        throw invalidParameter("Attributes", "Topic already exists with different attributes");
      }
      insertTopic(tx, made);
    });
    return { TopicArn: topicArn(realm, name) };
  },
});

export const deleteTopic = queryOperation({
  name: "DeleteTopic",
  role: "deployer",
  input: z.object({ TopicArn: Arn }),
  async run({ TopicArn }, { store, realm }) {
    const name = ownTopicName(realm, TopicArn);
    if (name === undefined) return;
    await store.commit((tx) => {
      for (const id of removeTopic(tx, name)) forgetSubscriber(tx, id);
    });
  },
});

export const listTopics = queryOperation({
  name: "ListTopics",
  role: "viewer",
  input: z.object({ NextToken: z.string().optional() }),
  run({ NextToken }, { store, realm }) {
    const after = nameOfToken(NextToken);
    const load = (limit: number) => readTopics(store.read, { after, limit });
    const { entries, nextToken } = page(load, ({ name }) => name, PAGE);
    return {
      Topics: entries.map(({ name }) => ({ TopicArn: topicArn(realm, name) })),
      NextToken: nextToken,
    };
  },
});

export const getTopicAttributes = queryOperation({
  name: "GetTopicAttributes",
  role: "viewer",
  input: z.object({ TopicArn: Arn }),
  run({ TopicArn }, { store, realm }) {
    const { name, displayName, signatureVersion } = namedTopic(store.read, realm, TopicArn);
    const { pending, confirmed, deleted } = countSubscriptions(store.read, name);
    return {
      Attributes: new Map<string, unknown>([
        ["TopicArn", topicArn(realm, name)],
        ["Owner", realm.account],
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

/** The attributes that mean something here; the others are refused rather than forgotten. */
function topicChange(name: string, value: string): Partial<Topic> {
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
  if (name === "FifoTopic" && value === "false") return {};
  throw invalidParameter(
    "AttributeName",
    `this server has the attributes DisplayName and SignatureVersion, not ${name}`,
  );
}

function has(topic: Topic, key: string, value: unknown): boolean {
  return Object.entries(topic).some(([name, there]) => name === key && there === value);
}
