/** TagResource, UntagResource, ListTagsForResource: tags of topics. They say nothing to this server. @module */
import { z } from "zod";
import { type ResourceTag, ResourceTags } from "../../../domain/resource_tag.ts";
import { ownTopicName, type Topic } from "../../../domain/topic.ts";
import type { Tx } from "../../../store/group_commit.ts";
import { findTopic, setTopicTags } from "../../../store/topics.ts";
import type { ApiContext } from "../../context.ts";
import { uniqueTags } from "../../unique_tags.ts";
import { queryList } from "../flattened.ts";
import { QueryError } from "../query_error.ts";
import { queryOperation } from "../query_service.ts";
import { Arn } from "./named.ts";

/** Tags of one topic (SNS developer guide, tags). */
const TAGS_MAX = 50;

/** Of an input; a key twice is refused. */
export const TopicTags = queryList(z.unknown()).pipe(ResourceTags);

export const tagResource = queryOperation({
  name: "TagResource",
  role: "deployer",
  input: z.object({ ResourceArn: Arn, Tags: TopicTags }),
  async run({ ResourceArn, Tags }, context) {
    await changeTags(context, ResourceArn, (tags) => uniqueTags([...tags, ...Tags]));
    return {};
  },
});

export const untagResource = queryOperation({
  name: "UntagResource",
  role: "deployer",
  input: z.object({ ResourceArn: Arn, TagKeys: queryList(z.string().min(1).max(128)) }),
  async run({ ResourceArn, TagKeys }, context) {
    const gone = new Set(TagKeys);
    await changeTags(context, ResourceArn, (tags) => tags.filter(({ Key }) => !gone.has(Key)));
    return {};
  },
});

export const listTagsForResource = queryOperation({
  name: "ListTagsForResource",
  role: "viewer",
  input: z.object({ ResourceArn: Arn }),
  run: ({ ResourceArn }, context) => ({
    Tags: taggedTopic(context.store.read, context, ResourceArn).tags,
  }),
});

/** Throws TagLimitExceeded. */
export function withinTagLimit(tags: readonly ResourceTag[]): void {
  if (tags.length <= TAGS_MAX) return;
  throw new QueryError(
    "TagLimitExceeded",
    `The topic would have ${tags.length} tags; a topic has at most ${TAGS_MAX}.`,
  );
}

async function changeTags(
  context: ApiContext,
  arn: string,
  change: (tags: readonly ResourceTag[]) => ResourceTag[],
): Promise<void> {
  await context.store.commit((tx) => {
    const topic = taggedTopic(tx, context, arn);
    const tags = change(topic.tags);
    withinTagLimit(tags);
    setTopicTags(tx, topic.name, tags);
  });
}

/** The operations on tags have a name of their own for a topic that is not there (service model). */
function taggedTopic(db: Tx, { realm }: ApiContext, arn: string): Topic {
  const name = ownTopicName(realm, arn);
  const topic = name === undefined ? undefined : findTopic(db, name);
  if (topic) return topic;
  throw new QueryError("ResourceNotFound", `Resource does not exist: ${arn}`);
}
