/**
 * What has to be called so that an application or a group has the tags that a file declares, and no
 * others. Tags have operations of their own, by ARN.
 * @module
 */
import type { ResourceTag } from "../domain/resource_tag.ts";
import type { Api } from "./api.ts";
import { applicationArn, groupArn, type Realm, tagsOf } from "./import/read_tags.ts";

/** One operation of the API. */
export interface Call {
  operation: string;
  input: Record<string, unknown>;
  /** CodeDeploy does not have it. */
  isOurs?: true;
}

/** Of an application, or of one of its groups; nothing when the file does not mention its tags. */
export async function tagCalls(
  api: Api,
  resource: { application: string; group?: string },
  wanted: readonly ResourceTag[] | undefined,
): Promise<Call[]> {
  if (wanted === undefined) return [];
  const ResourceArn = arnOf(api, resource);
  const present = new Map((await tagsOf(api, ResourceArn)).map(({ Key, Value }) => [Key, Value]));
  const kept = new Set(wanted.map(({ Key }) => Key));
  const Tags = wanted.filter(({ Key, Value }) => present.get(Key) !== Value);
  const TagKeys = [...present.keys()].filter((key) => !kept.has(key));
  // Removed first, so that there is room for the new ones.
  return [
    ...(TagKeys.length > 0
      ? [{ operation: "UntagResource", input: { ResourceArn, TagKeys } }]
      : []),
    ...(Tags.length > 0 ? [{ operation: "TagResource", input: { ResourceArn, Tags } }] : []),
  ];
}

/** A server has one account and one region, and compares neither with those of an ARN. */
function arnOf(api: Api, { application, group }: { application: string; group?: string }): string {
  const { region } = api.connection;
  const realm: Realm = { partition: "aws", region, account: "000000000000" };
  return group === undefined
    ? applicationArn(realm, application)
    : groupArn(realm, application, group);
}
