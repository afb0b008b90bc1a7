/**
 * The topics that the triggers of a file name. A name stands for a topic of the server, and is looked
 * up before anything is changed; an ARN may be that of a topic elsewhere and is taken as it is.
 * @module
 */
import type { Api } from "./api.ts";
import type { DeclaredFile } from "./apply_file.ts";
import { allTopics } from "./topic_api.ts";
import type { Fault } from "./yaml_file.ts";

/** Answers the ARN for a topic of the file. */
export type TopicArns = (topic: string) => string;

/** Throws a usage failure with the places of the topics that there are not. */
export async function topicsOf(api: Api, { declared, faulty }: DeclaredFile): Promise<TopicArns> {
  const named = namedTopics(declared.applications);
  if (named.length === 0) return (topic) => topic;
  const arns = new Map((await allTopics(api)).map((arn) => [arn.split(":").at(-1) ?? "", arn]));
  const missing = named.filter(({ topic }) => !arns.has(topic));
  if (missing.length > 0) {
    throw faulty(missing.map(({ path, topic }): Fault => {
      const message = `${api.connection.url} has no topic ${topic}; runtime topic create ${topic}`;
      return { path, message };
    }));
  }
  return (topic) => arns.get(topic) ?? topic;
}

function namedTopics(
  applications: DeclaredFile["declared"]["applications"],
): { path: PropertyKey[]; topic: string }[] {
  return applications.flatMap(({ groups }, application) =>
    groups.flatMap(({ triggers = [] }, group) =>
      triggers.map(({ topic }, trigger) => ({
        path: ["applications", application, "groups", group, "triggers", trigger, "topic"],
        topic,
      }))
    )
  ).filter(({ topic }) => !topic.startsWith("arn:"));
}
