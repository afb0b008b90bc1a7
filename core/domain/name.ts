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

/** The name of a config of one's own. */
export const CustomConfigName = Name.refine(
  (name) => !name.startsWith(PREDEFINED_CONFIG_PREFIX),
  `names that begin with ${PREDEFINED_CONFIG_PREFIX} are those of predefined configs`,
);

export const DeploymentId = z.string().regex(/^d-[A-Z0-9]{9}$/, "must be d- and nine of A-Z 0-9");
export type DeploymentId = z.infer<typeof DeploymentId>;

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

export const ReleaseId = z.string().regex(/^r-[A-Z0-9]{9}$/, "must be r- and nine of A-Z 0-9");
export type ReleaseId = z.infer<typeof ReleaseId>;

/** A deployment id from nine random bytes. */
export function deploymentIdFrom(random: Uint8Array): DeploymentId {
  return `d-${nineOf(random)}`;
}

/** A release id from nine random bytes. */
export function releaseIdFrom(random: Uint8Array): ReleaseId {
  return `r-${nineOf(random)}`;
}

/** 36 letters of 256 leave a bias that is harmless here. */
function nineOf(random: Uint8Array): string {
  if (random.length < 9) throw new RangeError("an id needs nine random bytes");
  return Array.from(random.subarray(0, 9), (byte) => ID_ALPHABET[byte % ID_ALPHABET.length])
    .join("");
}

export const ComputePlatform = z.enum(["Server", "Lambda", "ECS"]);
export type ComputePlatform = z.infer<typeof ComputePlatform>;
