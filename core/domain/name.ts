/**
 * Names and ids with their rules (spec 1.4): applications, deployment groups, deployment configs,
 * on-premises instances, deployments.
 * @module
 */
import { z } from "zod";

const NAME = /^[A-Za-z0-9+=,.@_-]{1,100}$/;

/** Application, deployment group, deployment config or instance name. */
export const Name = z.string().regex(NAME, "must be 1 to 100 of A-Z a-z 0-9 + = , . @ _ -");
export type Name = z.infer<typeof Name>;

/** Names of configs that ship with CodeDeploy begin so; nobody else's may. */
export const PREDEFINED_CONFIG_PREFIX = "CodeDeployDefault.";

export const DeploymentId = z.string().regex(/^d-[A-Z0-9]{9}$/, "must be d- and nine of A-Z 0-9");
export type DeploymentId = z.infer<typeof DeploymentId>;

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** A deployment id from nine random bytes (36 letters of 256 leave a bias that is harmless here). */
export function deploymentIdFrom(random: Uint8Array): DeploymentId {
  if (random.length < 9) throw new RangeError("a deployment id needs nine random bytes");
  let id = "d-";
  for (const byte of random.subarray(0, 9)) id += ID_ALPHABET[byte % ID_ALPHABET.length];
  return id;
}

export const ComputePlatform = z.enum(["Server", "Lambda", "ECS"]);
export type ComputePlatform = z.infer<typeof ComputePlatform>;
