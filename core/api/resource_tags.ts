/** Tags of applications and deployment groups: in an input, and by the ARN of what they are on. @module */
import { z } from "zod";
import { DomainError, type ErrorName } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { parseResourceArn, ResourceTags as Tags } from "../domain/resource_tag.ts";
import { applicationNamed } from "../store/applications.ts";
import type { Db } from "../store/database.ts";
import { deploymentConfigNamed } from "../store/deployment_configs.ts";
import { deploymentGroupNamed } from "../store/deployment_groups.ts";
import type { MemberFaults } from "./member_faults.ts";

/** Of CreateApplication and CreateDeploymentGroup. */
export const ResourceTags = Tags.default([]);

export const ResourceArn = z.string().min(1).max(LIMITS.arn);

const TAGS = { missing: "TagRequiredException", malformed: "InvalidTagsToAddException" } as const;

export const RESOURCE_TAG_FAULTS: MemberFaults = {
  tags: { malformed: "InvalidTagsToAddException" },
  ResourceArn: { missing: "ResourceArnRequiredException", malformed: "InvalidArnException" },
  Tags: TAGS,
  TagKeys: TAGS,
  NextToken: { malformed: "InvalidNextTokenException" },
};

/** Of TagResource and UntagResource. */
export const RESOURCE_TAG_ERRORS: readonly ErrorName[] = [
  "ApplicationDoesNotExistException",
  "ArnNotSupportedException",
  "DeploymentConfigDoesNotExistException",
  "DeploymentGroupDoesNotExistException",
  "InvalidArnException",
  "InvalidTagsToAddException",
  "ResourceArnRequiredException",
  "TagRequiredException",
];

/**
 * The id of the application or group that an ARN names, under its name of now. Throws InvalidArn,
 * ArnNotSupported, and that an application, a group or a config does not exist.
 */
export function taggedResource(db: Db, arn: string): string {
  const named = parseResourceArn(arn);
  if (!named) {
    throw new DomainError(
      "InvalidArnException",
      "ResourceArn",
      `ResourceArn: "${arn}" is not an ARN of an application (…:application:NAME) or of a ` +
        `deployment group (…:deploymentgroup:APPLICATION/GROUP)`,
    );
  }
  if (named.kind === "config") deploymentConfigNamed(db, named.config);
  if (named.kind === "config" || named.kind === "other") {
    throw new DomainError(
      "ArnNotSupportedException",
      "ResourceArn",
      `ResourceArn: a resource of type ${named.type} has no tags; applications and deployment ` +
        `groups have`,
    );
  }
  const { id } = applicationNamed(db, named.application);
  return named.kind === "group" ? deploymentGroupNamed(db, id, named.group).id : id;
}
