/**
 * Who this host is: what its on-premises file says, the keys of an IAM user or the ARN of a session
 * (spec 11.1; texts of CodeDeploy's agent), or, without such a file, the EC2 instance it runs on.
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Credentials } from "../wire/sigv4.ts";
import { badFile } from "./config_file.ts";
import { AgentFailure } from "./failure.ts";
import { type KeyFile, parseKeyFile, unknownKeys } from "./key_file.ts";
import { sessionCredentials } from "./session_credentials.ts";
import { systemErrorCode } from "./system_error.ts";

export interface Identity {
  /** The ARN, sent as HostIdentifier. */
  hostIdentifier: string;
  /** The last part of the ARN, for people. */
  name: string;
  region: string;
  /** Of Amazon's addresses, where the instance says it; else it follows from the region. */
  domain?: string;
  /** The keys to sign with now. */
  credentials(): Promise<Credentials>;
}

/** The host, and sentences about keys of the file that mean nothing. */
export interface HostIdentity {
  identity: Identity;
  warnings: readonly string[];
}

/** Asked for the identity of an instance, with the reason why there is no on-premises file. */
export type InstanceIdentity = (why: string) => Promise<Identity>;

const KEYS = [
  "iam_user_arn",
  "iam_session_arn",
  "region",
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_credentials_file",
] as const;
type Key = typeof KEYS[number];

/**
 * Reads the on-premises file; where it is absent or cannot be read, asks who the instance is. Throws
 * AgentFailure naming file and key.
 */
export async function readIdentity(
  file: string,
  instance: InstanceIdentity,
): Promise<HostIdentity> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    const why = missing ? `${file} is missing` : `${file} cannot be read (${code})`;
    return { identity: await instance(why), warnings: missing ? [] : [why] };
  }
  const keys = await parse(file, text);
  return {
    identity: await onPremises(file, keys),
    warnings: unknownKeys(keys, KEYS, new Set()),
  };
}

async function parse(file: string, text: string): Promise<KeyFile> {
  try {
    return await parseKeyFile(file, text, "texts");
  } catch (error) {
    if (!(error instanceof AgentFailure)) throw error;
    throw badFile(
      file,
      "The deployment failed because the format of the following on-premises configuration file " +
        `is invalid: ${file} (${error.parts.evidence})`,
    );
  }
}

async function onPremises(file: string, keys: KeyFile): Promise<Identity> {
  const user = textOf(keys, "iam_user_arn");
  const session = textOf(keys, "iam_session_arn");
  if (user !== undefined && session !== undefined) {
    throw badFile(
      file,
      "On Premises config cannot contain both 'iam_user_arn' and 'iam_session_arn' keys.",
    );
  }
  if (user !== undefined) return userIdentity(user, keys);
  if (session !== undefined) return await sessionIdentity(session, keys);
  throw badFile(file, "One of the keys 'iam_user_arn' and 'iam_session_arn' is required.");
}

function userIdentity(arn: string, keys: KeyFile): Identity {
  const need = (key: Key) => required(keys, key, "iam_user_arn");
  const region = need("region");
  const credentials: Credentials = {
    accessKeyId: need("aws_access_key_id"),
    secretAccessKey: need("aws_secret_access_key"),
  };
  return { ...named(arn, region), credentials: () => Promise.resolve(credentials) };
}

async function sessionIdentity(arn: string, keys: KeyFile): Promise<Identity> {
  const need = (key: Key) => required(keys, key, "iam_session_arn");
  const region = need("region");
  const credentials = await sessionCredentials(need("aws_credentials_file"));
  return { ...named(arn, region), credentials };
}

function named(arn: string, region: string) {
  return { hostIdentifier: arn, name: arn.split("/").pop() ?? arn, region };
}

function required(keys: KeyFile, key: Key, mode: string): string {
  const value = textOf(keys, key);
  if (value !== undefined) return value;
  throw badFile(keys.file, `'${key}' key is required when '${mode}' is provided.`);
}

/** A value that is a text; a list or a map in its place counts as absent. */
function textOf({ settings }: KeyFile, key: Key): string | undefined {
  const value = settings.get(key)?.value;
  return typeof value === "string" ? value : undefined;
}
