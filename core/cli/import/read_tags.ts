/**
 * Tags of applications and deployment groups. They are asked for by ARN, and no answer of CodeDeploy
 * has one of these, so it is made of an account that another answer tells.
 * @module
 */
import { z } from "zod";
import { Tag } from "../../domain/tag.ts";
import { ApiError } from "../../wire/aws_json.ts";
import type { Api } from "../api.ts";
import type { FoundApplication, FoundInstance } from "./inventory.ts";
import { everyPage } from "./listing.ts";

/** Account and region of an ARN; `partition` is `aws`, or `aws-cn` and others. */
export interface Realm {
  partition: string;
  region: string;
  account: string;
}

/** The realm of an account that a person named; China and GovCloud are partitions of their own. */
export function realmOfAccount(region: string, account: string): Realm {
  const partition = /^cn-/.test(region) ? "aws-cn" : /^us-gov-/.test(region) ? "aws-us-gov" : "aws";
  return { partition, region, account };
}

/**
 * Whose the resources are: an instance's own ARN says it, and so does the service role of a group,
 * which is always one of the same account (CodeDeploy user guide, service role).
 */
export function realmOf(
  region: string,
  instances: readonly FoundInstance[],
  applications: readonly FoundApplication[],
): Realm | undefined {
  const roles = applications.flatMap(({ groups }) =>
    groups.map(({ settings }) => settings["serviceRoleArn"])
  );
  for (const arn of [...instances.map((one) => one.arn), ...roles]) {
    const [, partition, account] = /^arn:([^:]+):[^:]+:[^:]*:(\d{12}):/.exec(String(arn)) ?? [];
    if (partition && account) return { partition, region, account };
  }
  return undefined;
}

export function applicationArn(realm: Realm, application: string): string {
  return arn(realm, `application:${application}`);
}

export function groupArn(realm: Realm, application: string, group: string): string {
  return arn(realm, `deploymentgroup:${application}/${group}`);
}

function arn({ partition, region, account }: Realm, resource: string): string {
  return `arn:${partition}:codedeploy:${region}:${account}:${resource}`;
}

/** These say that tags are not for us to read; everything else goes on without them, too. */
const NO_TAGS: ReadonlySet<string> = new Set([
  "AccessDeniedException",
  "ArnNotSupportedException",
  "InvalidArnException",
  "UnknownOperationException",
]);

/** The applications with their tags; a tag that may not be read is told once, with its reason. */
export async function withTags(
  api: Api,
  applications: readonly FoundApplication[],
  realm: Realm | undefined,
  note: (text: string) => void,
): Promise<FoundApplication[]> {
  if (realm === undefined) {
    if (applications.length > 0) {
      note(
        "tags of applications were not read: no answer tells their account; name it (--from-account)",
      );
    }
    return [...applications];
  }
  const refusals: string[] = [];
  const read = async (arn: string) => {
    try {
      return await tagsOf(api, arn);
    } catch (error) {
      if (!(error instanceof ApiError) || !NO_TAGS.has(error.type)) throw error;
      refusals.push(`${error.type}: ${error.message}`);
      return undefined;
    }
  };
  const tagged: FoundApplication[] = [];
  for (const application of applications) {
    const groups = [];
    for (const group of application.groups) {
      groups.push({ ...group, tags: await read(groupArn(realm, application.name, group.name)) });
    }
    const tags = await read(applicationArn(realm, application.name));
    tagged.push({ ...application, tags, groups });
  }
  if (refusals.length > 0) {
    note(`tags of ${refusals.length} applications and groups were not read: ${refusals[0]}`);
  }
  return tagged;
}

const ListedTags = z.looseObject({
  Tags: z.array(Tag).nullish().transform((tags) => tags ?? []),
  NextToken: z.string().nullish().transform((token) => token || undefined),
});

/** The tags of one application or group. */
export function tagsOf(api: Api, ResourceArn: string): Promise<Tag[]> {
  return everyPage("ListTagsForResource", async (NextToken) => {
    const page = await api.codedeploy(
      "ListTagsForResource",
      { ResourceArn, NextToken },
      ListedTags,
    );
    return { entries: page.Tags, nextToken: page.NextToken };
  });
}
