/**
 * The command protocol between a host's agent and the server (spec 12), and what our own agent adds.
 *
 * Operations, targets and members are those of CodeDeploy's agent. An agent that sends the header
 * `x-runtime-agent: 1` gets more: a long poll, one order for a whole run of lifecycle events signed
 * by the server, cancellations, and it may send progress and log lines with PostHostCommandUpdate.
 * A server that understands this sends the header back; without it the agent goes on as AWS's own.
 * @module
 */
import { z } from "zod";
import { HookName } from "../domain/after_hook.ts";
import { Diagnostics, LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import { BundleRevision } from "./bundle_revision.ts";

export const AGENT_TARGET_PREFIX = "CodeDeployCommandService_v20141006.";
export const AGENT_SIGNING_NAME = "codedeploy-commands";
/** The same operations as AWS's agent calls them with `:enable_auth_policy: true`. */
export const SECURE_AGENT_TARGET_PREFIX = "CodeDeployCommandService.";
export const SECURE_AGENT_SIGNING_NAME = "codedeploy-commands-secure";
export const AGENT_VERSION_HEADER = "x-amz-codedeploy-agent-version";
/** Announces our own agent and the version of the additions it understands. */
export const EXTENSION_HEADER = "x-runtime-agent";

/** A poll waits this long for an order; the stock agent gives up at 80 s (trap 41). */
export const POLL_WAIT_SECONDS = 55;

/** `Payload` signed by the server's Ed25519 key; `Signature` is base64 over the payload's UTF-8. */
export const SignedOrder = z.object({
  Format: z.literal("Ed25519/JSON"),
  Payload: z.string(),
  Signature: z.string(),
});
export type SignedOrder = z.infer<typeof SignedOrder>;

/** A member without which CodeDeploy's agent does not take a specification, in its words. */
function named(member: string) {
  const fault = `Deployment Spec has no ${member}`;
  return z.string(fault).min(1, fault);
}

/** The deployment specification of spec 12.3, with the hash and size that the server knows. */
export const DeploymentSpecification = z.object({
  DeploymentId: named("DeploymentId"),
  DeploymentGroupId: named("DeploymentGroupId"),
  DeploymentGroupName: named("DeploymentGroupName"),
  ApplicationName: named("ApplicationName"),
  DeploymentCreator: z.string(),
  DeploymentType: z.enum(["IN_PLACE", "BLUE_GREEN"]),
  AppSpecFilename: z.string().default("appspec.yml"),
  AgentActionOverrides: z.object({
    AgentOverrides: z.object({
      FileExistsBehavior: z.enum(["DISALLOW", "OVERWRITE", "RETAIN"]).default("DISALLOW"),
    }),
  }),
  /** All names that may stand below `hooks`; a server that omits it has unknown ones ignored. */
  AllPossibleLifecycleEvents: z.array(z.string()).nullish(),
  /** Whose bundle, on the host already, is that of this deployment: nothing need be downloaded. */
  ReuseArchiveFromDeploymentId: z.string().nullish(),
  /** Whose bundle a rollback would take: retention leaves it alone, whatever its age. */
  KeepArchiveOfDeploymentId: z.string().nullish(),
  /** Reads a private repository of GitHub. */
  GitHubAccessToken: z.string().nullish(),
  Revision: BundleRevision,
});
export type DeploymentSpecification = z.infer<typeof DeploymentSpecification>;

/**
 * What a host is to do: a run of consecutive lifecycle events of one deployment. An agent carries an
 * order out only if the signature is the pinned server's, `hostIdentifier` is its own, it has not
 * expired, and `nonce` is greater than that of every order it has taken before (law 7).
 */
export const Order = z.object({
  commandId: z.string(),
  hostIdentifier: z.string(),
  nonce: z.number().int(),
  /** Milliseconds since the epoch. */
  issuedAt: z.number(),
  /**
   * Milliseconds since the epoch: the order is not begun later. One that is handed out again gets a
   * new end; one that names none has expired.
   */
  expiresAt: z.number().default(0),
  events: z.array(LifecycleEventName).min(1),
  /** Events whose failure does not end the run (ignoreApplicationStopFailures). */
  ignoreFailuresOf: z.array(LifecycleEventName),
  specification: DeploymentSpecification,
  /** Never sent: the agent made this of a command of a server without our additions. */
  isCommand: z.literal(true).optional(),
});
export type Order = z.infer<typeof Order>;

export const PollInput = z.object({
  HostIdentifier: z.string().min(1),
  /** Extension: answer at once with 0; at most POLL_WAIT_SECONDS. */
  WaitSeconds: z.number().min(0).max(POLL_WAIT_SECONDS).optional(),
  /** Extension: orders the agent holds now; a cancelled one is named in the answer at once. */
  Running: z.array(z.string()).optional(),
});
export type PollInput = z.infer<typeof PollInput>;

export const SpecificationInput = z.object({
  /** At least four parts, slashes between them (trap 43). */
  DeploymentExecutionId: z.string().min(1).max(129).regex(/^[^/]+\/[^/]+\/[^/]+\/.+$/),
  HostIdentifier: z.string().min(1),
});

export const HostCommand = z.object({
  HostCommandIdentifier: z.string(),
  HostIdentifier: z.string(),
  DeploymentExecutionId: z.string(),
  CommandName: z.string(),
  Nonce: z.number().int(),
});
export type HostCommand = z.infer<typeof HostCommand>;

/** Our agent's CommandName: a whole run of events, listed in the order. */
export const RUN_COMMAND = "RunLifecycleEvents";

export const PollOutput = z.object({
  HostCommand: HostCommand.optional(),
  /** Extension: the signed order that belongs to HostCommand. */
  Order: SignedOrder.optional(),
  /** Extension: orders of `Running` to end after their current event. */
  Cancel: z.array(z.string()).optional(),
});
export type PollOutput = z.infer<typeof PollOutput>;

export const CommandStatus = z.enum(["Pending", "InProgress", "Succeeded", "Failed"]);
export type CommandStatus = z.infer<typeof CommandStatus>;

/** A line a script printed while it ran, or one the agent adds (`agent`). */
export const LogLine = z.object({
  /** The event, or the hook after it, that the line belongs to. */
  event: HookName,
  stream: z.enum(["stdout", "stderr", "agent"]),
  /** Milliseconds since the epoch. */
  at: z.number(),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

/** Tells an update that is sent again: an agent's `run` counts from 1, one at a time. */
export const UpdateMark = z.object({ run: z.string().max(64), sequence: z.number().int() });
export type UpdateMark = z.infer<typeof UpdateMark>;

/** Payload of PostHostCommandUpdate's Diagnostics: events that changed, lines since the last update. */
export const Progress = z.object({
  events: z.array(LifecycleEvent).default([]),
  log: z.array(LogLine).default([]),
  /** The same lines under the same mark are kept once, however often they come. */
  mark: UpdateMark.optional(),
});
export type Progress = z.infer<typeof Progress>;

/** Payload of PutHostCommandComplete's Diagnostics: the stock members, and all events of the run. */
export const Completion = Diagnostics.extend({
  events: z.array(LifecycleEvent).default([]),
  log_lines: z.array(LogLine).default([]),
  /** The first `lines` of `log_lines` may have come already, as the update with this mark. */
  sent_before: UpdateMark.extend({ lines: z.number().int() }).optional(),
});
export type Completion = z.infer<typeof Completion>;

const Envelope = z.object({ Format: z.string().max(64), Payload: z.string() });

export const AcknowledgeInput = z.object({
  HostCommandIdentifier: z.string().min(1),
  Diagnostics: Envelope.optional(),
});
export const UpdateInput = z.object({
  HostCommandIdentifier: z.string().min(1),
  EstimatedCompletionTime: z.number().optional(),
  Diagnostics: Envelope.optional(),
});
export const StatusOutput = z.object({ CommandStatus: CommandStatus.optional() });
export const CompleteInput = z.object({
  HostCommandIdentifier: z.string().min(1),
  CommandStatus: z.enum(["Succeeded", "Failed"]),
  Diagnostics: Envelope.optional(),
});

/** Why an agent does not carry an order out (law 7). */
export const RefusalReason = z.enum([
  "malformed",
  "unsigned",
  "bad-signature",
  "other-host",
  "expired",
  "replayed",
]);
export type RefusalReason = z.infer<typeof RefusalReason>;

/** Extension: the operation by which an agent says that it does not carry an order out. */
export const REFUSE_OPERATION = "ReportRefusedOrder";
export const RefuseInput = z.object({
  HostIdentifier: z.string().min(1),
  /** Of the command that came with the order, or in it, whoever it is for. */
  HostCommandIdentifier: z.string().max(300).optional(),
  Reason: RefusalReason,
  Message: z.string().max(1000),
});
export type RefuseInput = z.infer<typeof RefuseInput>;
