/** CreateTopic, DeleteTopic, ListTopics. @module */
import { z } from "zod";
import type { ResourceTag } from "../../../domain/resource_tag.ts";
import { ownTopicName, type Topic, topicArn, TopicName } from "../../../domain/topic.ts";
import { forgetSubscriber } from "../../../store/topic_deliveries.ts";
import {
  deleteTopic as removeTopic,
  findTopic,
  insertTopic,
  listTopics as readTopics,
} from "../../../store/topics.ts";
import { nameOfToken, page } from "../../next_token.ts";
import { queryOperation } from "../query_service.ts";
import { Arn, invalidParameter, PAGE } from "./named.ts";
import { topicChange } from "./topic_attributes.ts";
import { TopicTags, withinTagLimit } from "./topic_tags.ts";

export const createTopic = queryOperation({
  name: "CreateTopic",
  role: "deployer",
  input: z.object({
    Name: TopicName,
    Attributes: z.record(z.string(), z.string()).default({}),
    Tags: TopicTags.default([]),
  }),
  async run({ Name: name, Attributes: given, Tags: tags }, { store, realm, now }) {
    withinTagLimit(tags);
    const wanted = Object.entries(given).map(([key, value]) => topicChange(key, value))
      .reduce((all, one) => ({ ...all, ...one }), {});
    const made: Topic = {
      name,
      displayName: "",
      signatureVersion: "1",
      createTime: now(),
      tags,
      policy: "",
      ...wanted,
    };
    await store.commit((tx) => {
      const there = findTopic(tx, name);
      if (there && Object.entries(wanted).some(([key, value]) => !has(there, key, value))) {
        throw invalidParameter("Attributes", "Topic already exists with different attributes");
      }
      if (there && tags.length > 0 && !sameTags(there.tags, tags)) {
        throw invalidParameter("Tags", "Topic already exists with different tags");
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

/** Whether a topic that is there already has what is wanted. */
function has(topic: Topic, key: string, value: unknown): boolean {
  return Object.entries(topic).some(([name, there]) => name === key && there === value);
}

function sameTags(some: readonly ResourceTag[], others: readonly ResourceTag[]): boolean {
  const values = new Map(some.map(({ Key, Value }) => [Key, Value]));
  return some.length === others.length &&
    others.every(({ Key, Value }) => values.get(Key) === Value);
}
