/** On-premises instances and the access keys they and people sign with (spec 11, design 4). @module */
import { z } from "zod";
import type { Tag } from "./tag.ts";

/** Times in milliseconds since the epoch. */
export interface OnPremisesInstance {
  name: string;
  arn: string;
  iamUserArn?: string;
  iamSessionArn?: string;
  registerTime: number;
  deregisterTime?: number;
  tags: readonly Tag[];
}

/**
 * What the holder of an access key may do; each role may do all that a later one may, but agent, which
 * is a host's. Who has none may ask who he is, until an instance is registered with his ARN.
 */
export const Role = z.enum(["admin", "deployer", "viewer", "agent", "none"]);
export type Role = z.infer<typeof Role>;

/** The tag that gives a user's keys a role. */
export const ROLE_TAG = "runtime:role";

/** An inactive key is kept and refused. */
export const KeyStatus = z.enum(["Active", "Inactive"]);
export type KeyStatus = z.infer<typeof KeyStatus>;

/** Who signed a request. */
export interface Caller {
  accessKeyId: string;
  role: Role;
  arn: string;
}
