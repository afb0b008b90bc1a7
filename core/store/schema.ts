/**
 * Tables of the store. Times are integers in milliseconds since the epoch; JSON columns hold values
 * of `core/domain` types and are written by this room alone.
 *
 * A host's lifecycle events within a deployment are one row (`targets.events`), so that a fleet of
 * ten thousand hosts is ten thousand rows and one report is one small update.
 * @module
 */
import {
  blob,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { Cause } from "../domain/cause.ts";
import type {
  Deployment,
  DeploymentOverview,
  DeploymentRequest,
  DeploymentStatus,
  ErrorInformation,
  RollbackInfo,
} from "../domain/deployment.ts";
import type { DeploymentConfig } from "../domain/deployment_config.ts";
import type { GroupSettings } from "../domain/deployment_group.ts";
import type { EventPattern, EventReceiver } from "../domain/event_target.ts";
import type { KeyStatus, Role } from "../domain/instance.ts";
import type { IntegrationConfig, IntegrationKind } from "../domain/integration.ts";
import type { LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { ComputePlatform } from "../domain/name.ts";
import type { OutboxFact } from "../domain/outbox_fact.ts";
import type { Progress } from "../domain/progress.ts";
import type { ReleaseSpec, ReleaseState } from "../domain/release.ts";
import type { ResourceTag } from "../domain/resource_tag.ts";
import type { RevisionLocation } from "../domain/revision.ts";
import type { Tag } from "../domain/tag.ts";
import type { Target, TargetLabel, TargetStatus } from "../domain/target.ts";
import type {
  SignatureVersion,
  SubscriptionProtocol,
  SubscriptionStatus,
} from "../domain/topic.ts";

export { audit, freezeWindows, groupPolicies, locks, schedules } from "./scheduling_tables.ts";

export const accessKeys = sqliteTable("access_keys", {
  accessKeyId: text("access_key_id").primaryKey(),
  /** AES-256-GCM under the key file: nonce (12) ‖ tag (16) ‖ ciphertext. */
  secret: blob("secret", { mode: "buffer" }).notNull(),
  role: text("role").$type<Role>().notNull(),
  arn: text("arn").notNull(),
  createTime: integer("create_time").notNull(),
  status: text("status").$type<KeyStatus>().notNull().default("Active"),
  /** Of a session's key: hex SHA-256 of its token, when it ends, the lasting key it was asked with. */
  tokenHash: text("token_hash"),
  expiresAt: integer("expires_at"),
  sourceKeyId: text("source_key_id"),
}, (t) => [
  index("access_keys_arn").on(t.arn),
  index("access_keys_source").on(t.sourceKeyId),
  index("access_keys_expiry").on(t.expiresAt),
]);

/** Users of the IAM operations; keys that came by joining or at the first start have no user. */
export const users = sqliteTable("users", {
  /** In lower case: names that differ in case alone are one name. */
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  arn: text("arn").notNull(),
  path: text("path").notNull(),
  tags: text("tags", { mode: "json" }).$type<Tag[]>().notNull(),
  createTime: integer("create_time").notNull(),
}, (t) => [uniqueIndex("users_arn").on(t.arn)]);

export const userPolicies = sqliteTable("user_policies", {
  userId: text("user_id").notNull(),
  name: text("name").notNull(),
  document: text("document").notNull(),
}, (t) => [primaryKey({ columns: [t.userId, t.name] })]);

export const joinTokens = sqliteTable("join_tokens", {
  /** Hex SHA-256 of the token; the token itself is never stored. */
  hash: text("hash").primaryKey(),
  expiresAt: integer("expires_at").notNull(),
});

export const applications = sqliteTable("applications", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  computePlatform: text("compute_platform").$type<ComputePlatform>().notNull(),
  createTime: integer("create_time").notNull(),
}, (t) => [uniqueIndex("applications_name").on(t.name)]);

export const revisions = sqliteTable("revisions", {
  applicationId: text("application_id").notNull(),
  /** `revisionIdentity` of the location. */
  identity: text("identity").notNull(),
  location: text("location", { mode: "json" }).$type<RevisionLocation>().notNull(),
  description: text("description"),
  registerTime: integer("register_time").notNull(),
  firstUsedTime: integer("first_used_time"),
  lastUsedTime: integer("last_used_time"),
}, (t) => [primaryKey({ columns: [t.applicationId, t.identity] })]);

/** Custom configs; the predefined ones are data in `core/domain`. */
export const deploymentConfigs = sqliteTable("deployment_configs", {
  name: text("name").primaryKey(),
  config: text("config", { mode: "json" }).$type<DeploymentConfig>().notNull(),
});

export const deploymentGroups = sqliteTable("deployment_groups", {
  id: text("id").primaryKey(),
  applicationId: text("application_id").notNull(),
  name: text("name").notNull(),
  settings: text("settings", { mode: "json" }).$type<GroupSettings>().notNull(),
  targetRevision: text("target_revision", { mode: "json" }).$type<RevisionLocation>(),
  lastSuccessfulDeploymentId: text("last_successful_deployment_id"),
  lastAttemptedDeploymentId: text("last_attempted_deployment_id"),
  /** Names of the hosts that serve since a blue/green deployment; else the group's filters say. */
  liveHosts: text("live_hosts", { mode: "json" }).$type<string[]>(),
}, (t) => [uniqueIndex("deployment_groups_name").on(t.applicationId, t.name)]);

export const instances = sqliteTable("instances", {
  name: text("name").primaryKey(),
  arn: text("arn").notNull(),
  iamUserArn: text("iam_user_arn"),
  iamSessionArn: text("iam_session_arn"),
  registerTime: integer("register_time").notNull(),
  deregisterTime: integer("deregister_time"),
  tags: text("tags", { mode: "json" }).$type<Tag[]>().notNull(),
  /** Number of the last order given to this host. */
  nonce: integer("nonce").notNull().default(0),
}, (t) => [
  index("instances_user_arn").on(t.iamUserArn),
  index("instances_session_arn").on(t.iamSessionArn),
]);

/** What is known of a host in a group, the base of the order hosts are taken in (spec 3.2). */
export const instanceHealth = sqliteTable("instance_health", {
  groupId: text("group_id").notNull(),
  instanceName: text("instance_name").notNull(),
  healthy: integer("healthy", { mode: "boolean" }).notNull(),
  /** `revisionIdentity` of what the last successful deployment put there. */
  revision: text("revision"),
}, (t) => [primaryKey({ columns: [t.groupId, t.instanceName] })]);

export const deployments = sqliteTable("deployments", {
  id: text("id").primaryKey(),
  applicationId: text("application_id").notNull(),
  groupId: text("group_id").notNull(),
  status: text("status").$type<DeploymentStatus>().notNull(),
  request: text("request", { mode: "json" }).$type<DeploymentRequest>().notNull(),
  createTime: integer("create_time").notNull(),
  startTime: integer("start_time"),
  completeTime: integer("complete_time"),
  overview: text("overview", { mode: "json" }).$type<DeploymentOverview>().notNull(),
  error: text("error", { mode: "json" }).$type<ErrorInformation>(),
  rollback: text("rollback", { mode: "json" }).$type<RollbackInfo>().notNull(),
  statusMessages: text("status_messages", { mode: "json" }).$type<string[]>().notNull(),
  stop: text("stop", { mode: "json" }).$type<NonNullable<Deployment["stop"]>>(),
  terminationWait: text("termination_wait", { mode: "json" })
    .$type<{ startedAt: number; skippedAt?: number }>(),
  notBefore: integer("not_before"),
  progress: text("progress", { mode: "json" }).$type<Progress>(),
  followOns: text("follow_ons", { mode: "json" }).$type<string[]>(),
}, (t) => [
  index("deployments_group").on(t.groupId, t.createTime),
  index("deployments_application").on(t.applicationId, t.createTime),
  index("deployments_create_time").on(t.createTime),
  index("deployments_status").on(t.status),
  index("deployments_group_status").on(t.groupId, t.status),
]);

/** Of deployments that failed or were stopped. */
export const deploymentCauses = sqliteTable("deployment_causes", {
  deploymentId: text("deployment_id").primaryKey(),
  cause: text("cause", { mode: "json" }).$type<Cause>().notNull(),
});

export const targets = sqliteTable("targets", {
  deploymentId: text("deployment_id").notNull(),
  targetId: text("target_id").notNull(),
  /** Place in the order hosts are taken in, from 0. */
  position: integer("position").notNull(),
  status: text("status").$type<TargetStatus>().notNull(),
  events: text("events", { mode: "json" }).$type<LifecycleEvent[]>().notNull(),
  command: text("command", { mode: "json" }).$type<NonNullable<Target["command"]>>(),
  lastUpdated: integer("last_updated").notNull(),
  label: text("label").$type<TargetLabel>(),
  zone: text("zone"),
}, (t) => [
  primaryKey({ columns: [t.deploymentId, t.targetId] }),
  index("targets_position").on(t.deploymentId, t.position),
]);

/** Who runs a deployment; a write under an older fence than this is refused (law 4). */
export const leases = sqliteTable("leases", {
  deploymentId: text("deployment_id").primaryKey(),
  owner: text("owner").notNull(),
  /** Grows with every new owner. */
  fence: integer("fence").notNull(),
  /** Grows with every write of the owner, so that who loads meanwhile sees that it has old news. */
  writes: integer("writes").notNull(),
  /** Milliseconds since the epoch; another may take it from then on. */
  expires: integer("expires").notNull(),
});

/** Lines of running hooks, a chunk a row, in the order they reached the server. */
export const logChunks = sqliteTable("log_chunks", {
  deploymentId: text("deployment_id").notNull(),
  sequence: integer("sequence").notNull(),
  targetId: text("target_id").notNull(),
  /** `LogLine[]` of the wire, kept as it came. */
  lines: text("lines").notNull(),
}, (t) => [primaryKey({ columns: [t.deploymentId, t.sequence] })]);

/** Objects of the artifact store: the bytes lie in a file, everything else here. */
export const objects = sqliteTable("objects", {
  bucket: text("bucket").notNull(),
  key: text("key").notNull(),
  versionId: text("version_id").notNull(),
  /** Without quotes. */
  etag: text("etag").notNull(),
  sha256: text("sha256").notNull(),
  size: integer("size").notNull(),
  contentType: text("content_type"),
  metadata: text("metadata", { mode: "json" }).$type<Record<string, string>>().notNull(),
  /** Grows with each write; the greatest of a key is its current version. */
  sequence: integer("sequence").notNull(),
  lastModified: integer("last_modified").notNull(),
  /** What HTTP is told with the bytes, by header name: cache-control, content-encoding … */
  headers: text("headers", { mode: "json" }).$type<Record<string, string>>().notNull(),
  /** What the client sent and we compared, in base64, by header name without `x-amz-checksum-`. */
  checksums: text("checksums", { mode: "json" }).$type<Record<string, string>>().notNull(),
}, (t) => [
  primaryKey({ columns: [t.bucket, t.key, t.versionId] }),
  index("objects_current").on(t.bucket, t.key, t.sequence),
]);

/** Made by CreateBucket or by the first write. */
export const buckets = sqliteTable("buckets", {
  name: text("name").primaryKey(),
  createTime: integer("create_time").notNull(),
});

export const uploads = sqliteTable("uploads", {
  uploadId: text("upload_id").primaryKey(),
  bucket: text("bucket").notNull(),
  key: text("key").notNull(),
  contentType: text("content_type"),
  metadata: text("metadata", { mode: "json" }).$type<Record<string, string>>().notNull(),
  createTime: integer("create_time").notNull(),
  headers: text("headers", { mode: "json" }).$type<Record<string, string>>().notNull(),
  /** What the whole is to have, as CreateMultipartUpload said; null where it said nothing. */
  checksumAlgorithm: text("checksum_algorithm"),
  /** COMPOSITE or FULL_OBJECT. */
  checksumType: text("checksum_type"),
});

export const uploadParts = sqliteTable("upload_parts", {
  uploadId: text("upload_id").notNull(),
  partNumber: integer("part_number").notNull(),
  /** Hex MD5. */
  etag: text("etag").notNull(),
  size: integer("size").notNull(),
  /** As those of `objects`. */
  checksums: text("checksums", { mode: "json" }).$type<Record<string, string>>().notNull(),
  lastModified: integer("last_modified").notNull(),
}, (t) => [primaryKey({ columns: [t.uploadId, t.partNumber] })]);

/** Tags of applications and deployment groups; by id, so they follow a rename. */
export const resourceTags = sqliteTable("resource_tags", {
  resourceId: text("resource_id").notNull(),
  key: text("key").notNull(),
  value: text("value").notNull(),
}, (t) => [primaryKey({ columns: [t.resourceId, t.key] })]);

/** Tokens that read private repositories of GitHub; `secret` in the form of `access_keys`. */
export const githubTokens = sqliteTable("github_tokens", {
  name: text("name").primaryKey(),
  secret: blob("secret", { mode: "buffer" }).notNull(),
});

/** Calls of validation functions, whose results come with PutLifecycleEventHookExecutionStatus. */
export const hookExecutions = sqliteTable("hook_executions", {
  id: text("id").primaryKey(),
  deploymentId: text("deployment_id").notNull(),
  targetId: text("target_id").notNull(),
  event: text("event").$type<LifecycleEventName>().notNull(),
  /** Null until the function has reported. */
  status: text("status").$type<"Succeeded" | "Failed">(),
  invokedAt: integer("invoked_at").notNull(),
  reportedAt: integer("reported_at"),
}, (t) => [index("hook_executions_deployment").on(t.deploymentId)]);

/** Facts that wait to be turned into deliveries (docs/decisions/009-outbox.md). */
export const outbox = sqliteTable("outbox", {
  sequence: integer("sequence").primaryKey({ autoIncrement: true }),
  deploymentId: text("deployment_id").notNull(),
  fact: text("fact", { mode: "json" }).$type<OutboxFact>().notNull(),
  time: integer("time").notNull(),
});

/** One message for one destination, until it is delivered; then its row is gone. */
export const deliveries = sqliteTable("deliveries", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** `outbox.sequence` of its fact; 0 for a message that stands for no fact. */
  eventSequence: integer("event_sequence").notNull(),
  /** `kind:key`; the kind says who delivers it. */
  destination: text("destination").notNull(),
  deploymentId: text("deployment_id").notNull(),
  /** What the kind of destination made of the fact; nobody else reads it. */
  payload: text("payload").notNull(),
  createTime: integer("create_time").notNull(),
  state: text("state").$type<"waiting" | "dead">().notNull(),
  attempts: integer("attempts").notNull(),
  nextAttempt: integer("next_attempt").notNull(),
  lastAttempt: integer("last_attempt"),
  lastError: text("last_error"),
}, (t) => [index("deliveries_lane").on(t.state, t.destination, t.deploymentId, t.id)]);

export const eventTargets = sqliteTable("event_targets", {
  name: text("name").primaryKey(),
  receiver: text("receiver", { mode: "json" }).$type<EventReceiver>().notNull(),
  pattern: text("pattern", { mode: "json" }).$type<EventPattern>(),
  createTime: integer("create_time").notNull(),
});

/** Topics of the SNS form; triggers publish to them. */
export const topics = sqliteTable("topics", {
  name: text("name").primaryKey(),
  displayName: text("display_name").notNull(),
  signatureVersion: text("signature_version").$type<SignatureVersion>().notNull(),
  createTime: integer("create_time").notNull(),
  tags: text("tags", { mode: "json" }).$type<ResourceTag[]>().notNull(),
  /** As it was set; empty for the default. */
  policy: text("policy").notNull(),
});

export const subscriptions = sqliteTable("subscriptions", {
  id: text("id").primaryKey(),
  /** Name of the topic. */
  topic: text("topic").notNull(),
  protocol: text("protocol").$type<SubscriptionProtocol>().notNull(),
  endpoint: text("endpoint").notNull(),
  rawMessageDelivery: integer("raw_message_delivery", { mode: "boolean" }).notNull(),
  status: text("status").$type<SubscriptionStatus>().notNull(),
  token: text("token").notNull(),
  tokenExpires: integer("token_expires").notNull(),
}, (t) => [uniqueIndex("subscriptions_endpoint").on(t.topic, t.protocol, t.endpoint)]);

/** Plugins set up by name. */
export const integrations = sqliteTable("integrations", {
  kind: text("kind").$type<IntegrationKind>().notNull(),
  name: text("name").notNull(),
  plugin: text("plugin").notNull(),
  config: text("config", { mode: "json" }).$type<IntegrationConfig>().notNull(),
  createTime: integer("create_time").notNull(),
}, (t) => [primaryKey({ columns: [t.kind, t.name] })]);

export const releases = sqliteTable("releases", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  spec: text("spec", { mode: "json" }).$type<ReleaseSpec>().notNull(),
  state: text("state", { mode: "json" }).$type<ReleaseState>().notNull(),
  createTime: integer("create_time").notNull(),
  /** Null until it has ended. */
  endTime: integer("end_time"),
}, (t) => [
  index("releases_create_time").on(t.createTime),
  index("releases_end_time").on(t.endTime),
]);

export const meta = sqliteTable("meta", {
  key: text("key").primaryKey(),
  value: text("value").notNull(),
});
