/**
 * Joining a host: `POST /agent/join` with a join token and no signature. The answer holds the keys
 * the host signs with from then on and the server's public key, which the agent pins.
 * @module
 */
import { z } from "zod";
import { Name } from "../domain/name.ts";
import { Tag } from "../domain/tag.ts";

export const JOIN_PATH = "/agent/join";

export const JoinInput = z.object({
  token: z.string().min(1),
  instanceName: Name,
  tags: z.array(Tag).default([]),
});
export type JoinInput = z.infer<typeof JoinInput>;

export const JoinOutput = z.object({
  instanceName: Name,
  iamUserArn: z.string(),
  /** The ARN that the instance was registered with before, when the join took it over. */
  formerArn: z.string().exactOptional(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  region: z.string(),
  /** SPKI in PEM; orders must carry this key's signature. */
  serverPublicKey: z.string(),
});
export type JoinOutput = z.infer<typeof JoinOutput>;
