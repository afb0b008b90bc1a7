/** ListApplicationRevisions: sorted by a time, filtered by place and by being deployed. @module */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { Name } from "../../domain/name.ts";
import { withoutContent } from "../revision_content.ts";
import { applicationNamed } from "../../store/applications.ts";
import { groupsByTargetRevision, listRevisions } from "../../store/revisions.ts";
import { keyOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";
import { RevisionLocation } from "../../domain/revision.ts";

const Key = z.object({ time: z.number(), identity: z.string() });

export const listApplicationRevisions = operation({
  name: "ListApplicationRevisions",
  role: "viewer",
  input: z.object({
    applicationName: Name,
    sortBy: z.enum(["registerTime", "firstUsedTime", "lastUsedTime"]).default("registerTime"),
    sortOrder: z.enum(["ascending", "descending"]).default("ascending"),
    s3Bucket: z.string().min(1).optional(),
    s3KeyPrefix: z.string().min(1).optional(),
    deployed: z.enum(["include", "exclude", "ignore"]).default("ignore"),
    nextToken: z.string().optional(),
  }),
  output: z.object({ revisions: z.array(RevisionLocation), nextToken: z.string().optional() }),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "BucketNameFilterRequiredException",
    "InvalidApplicationNameException",
    "InvalidBucketNameFilterException",
    "InvalidDeployedStateFilterException",
    "InvalidKeyPrefixFilterException",
    "InvalidNextTokenException",
    "InvalidSortByException",
    "InvalidSortOrderException",
  ],
  run(input, { store, quotas }) {
    const { id } = applicationNamed(store.read, input.applicationName);
    const { s3Bucket: bucket, s3KeyPrefix: keyPrefix, deployed } = input;
    if (keyPrefix !== undefined && bucket === undefined) {
      const needs = "s3KeyPrefix: a prefix needs s3Bucket, the bucket it belongs to";
      throw new DomainError("BucketNameFilterRequiredException", "s3Bucket", needs);
    }
    const after = keyOfToken(input.nextToken, Key);
    const identities = deployed === "ignore"
      ? []
      : [...groupsByTargetRevision(store.read, id).keys()];
    const only = deployed === "include" ? "these" : "others";
    const { entries, nextToken } = page(
      (limit) =>
        listRevisions(store.read, {
          applicationId: id,
          by: input.sortBy,
          descending: input.sortOrder === "descending",
          ...(bucket !== undefined && { bucket }),
          ...(keyPrefix !== undefined && { keyPrefix }),
          ...(deployed !== "ignore" && { deployed: { only, identities } }),
          ...(after && { after }),
        }, limit),
      (entry) => entry.key,
      quotas.page,
    );
    return { revisions: entries.map(({ location }) => withoutContent(location)), nextToken };
  },
});
