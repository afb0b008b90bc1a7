/**
 * Operations that CodeDeploy does not have, in the same form as its own: AWS JSON 1.1 with target
 * `Runtime_20261125.<Operation>`, signed for `codedeploy`.
 * @module
 */
import { z } from "zod";
import { Role } from "../domain/instance.ts";
import { LogLine } from "./agent_protocol.ts";

export const RUNTIME_TARGET_PREFIX = "Runtime_20261125.";

/** CreateJoinToken (admin): a token good for joining any number of hosts until it expires. */
export const CreateJoinTokenInput = z.object({
  /** Default one hour, at most a week. */
  expiresInSeconds: z.number().int().min(1).max(604_800).default(3600),
});
/** `expiresAt` in seconds since the epoch, as every time of this protocol. */
export const CreateJoinTokenOutput = z.object({ token: z.string(), expiresAt: z.number() });

/** GetServerKey (agent): what a registered host pins, so that it takes orders of this server alone. */
export const GetServerKeyOutput = z.object({
  /** As whom the host is registered. */
  instanceName: z.string(),
  /** SPKI in PEM. */
  serverPublicKey: z.string(),
});
export type GetServerKeyOutput = z.infer<typeof GetServerKeyOutput>;

/** GetDeploymentLogs (viewer): lines in the order they reached the server, a page at a time. */
export const GetDeploymentLogsInput = z.object({
  deploymentId: z.string(),
  targetId: z.string().optional(),
  /** Only chunks after this sequence. */
  after: z.number().int().min(0).default(0),
});
export const GetDeploymentLogsOutput = z.object({
  chunks: z.array(z.object({
    sequence: z.number().int(),
    targetId: z.string(),
    lines: z.array(LogLine),
  })),
  /** Give it back as `after` for the next page; absent when there is no more now. */
  next: z.number().int().optional(),
});
export type GetDeploymentLogsOutput = z.infer<typeof GetDeploymentLogsOutput>;

/** DescribeOperations (viewer): what may be called, here and of CodeDeploy, and how. */
export const DescribeOperationsInput = z.object({
  /** Only these; all of them when it is left out. */
  operationNames: z.array(z.string().min(1)).min(1).optional(),
});

/** JSON Schema, draft 2020-12. */
const JsonSchema = z.record(z.string(), z.unknown());

export const OperationDescription = z.object({
  name: z.string(),
  /** What stands before the name in X-Amz-Target, with its dot. */
  targetPrefix: z.string(),
  /** The least role whose keys may call it. */
  role: Role,
  input: JsonSchema,
  output: JsonSchema,
  /** The exceptions of its own. */
  errors: z.array(z.string()),
});
export type OperationDescription = z.infer<typeof OperationDescription>;

export const DescribeOperationsOutput = z.object({
  operations: z.array(OperationDescription),
  /** The exceptions that every operation may answer. */
  commonErrors: z.array(z.string()),
});
