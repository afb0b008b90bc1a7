/** An order to deploy the bundle `s3://b/k`. @module */
import type { Order } from "../../core/wire/agent_protocol.ts";
import type { S3Revision } from "../../core/wire/bundle_revision.ts";
import { order } from "./stage.ts";

export function bundleOrder(
  BundleType: S3Revision["BundleType"],
  said: Partial<S3Revision> = {},
): Order {
  const given = order({ deploymentId: "d-1" });
  const S3Revision = { Bucket: "b", Key: "k", BundleType, Version: null, ETag: null, ...said };
  const Revision = { RevisionType: "S3" as const, S3Revision };
  return { ...given, specification: { ...given.specification, Revision } };
}
