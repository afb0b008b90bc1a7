/**
 * Tags of applications and deployment groups, and the ARNs by which they are named (spec 0, 1.3).
 * Tags of instances, which select hosts, are those of `tag.ts`.
 * @module
 */
import { z } from "zod";
import { Tag } from "./tag.ts";

/** Keys that begin so belong to AWS in every service. */
const RESERVED = "aws:";

export const ResourceTag = Tag.extend({
  Key: Tag.shape.Key.refine((key) => !key.toLowerCase().startsWith(RESERVED), {
    error: `a key must not begin with ${RESERVED}`,
  }),
});
export type ResourceTag = z.infer<typeof ResourceTag>;

/** Each key once: two values for one key would leave it to chance which one stays. */
export const ResourceTags = z.array(ResourceTag).superRefine((tags, context) => {
  const seen = new Set<string>();
  for (const [at, { Key }] of tags.entries()) {
    if (seen.has(Key)) {
      context.addIssue({ code: "custom", path: [at, "Key"], message: `${Key} is named twice` });
    }
    seen.add(Key);
  }
});

/** What an ARN of CodeDeploy names; `config` and `other` are kinds that carry no tags. */
export type NamedResource =
  | { kind: "application"; application: string }
  | { kind: "group"; application: string; group: string }
  | { kind: "config"; type: string; config: string }
  | { kind: "other"; type: string };

const ARN = /^arn:[^:]+:codedeploy:[^:]*:\d*:([a-z]+)[:/](.+)$/;

/**
 * What an ARN names; undefined when it is none of CodeDeploy's. Region and account are not compared:
 * a server has one of each, and clients write into an ARN those that they believe in.
 */
export function parseResourceArn(arn: string): NamedResource | undefined {
  const [, type = "", name = ""] = ARN.exec(arn) ?? [];
  if (type === "") return undefined;
  if (type === "application") return { kind: "application", application: name };
  if (type === "deploymentconfig") return { kind: "config", type, config: name };
  if (type !== "deploymentgroup") return { kind: "other", type };
  const [application = "", group = "", ...rest] = name.split("/");
  if (application === "" || group === "" || rest.length > 0) return undefined;
  return { kind: "group", application, group };
}
