/**
 * Keys and region from the AWS environment and from the files of the AWS command line,
 * `~/.aws/credentials` and `~/.aws/config` (AWS SDKs and tools reference guide).
 * @module
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "ini";
import { z } from "zod";
import type { Credentials } from "./sigv4.ts";

/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface AwsProfile {
  credentials?: Credentials;
  region?: string;
  /** The setting by which the AWS command line would get keys elsewhere: `sso_session`, … */
  keysElsewhere?: string;
}

/** Ways to keys that only AWS's own programs go (SDKs and tools reference guide). */
const ELSEWHERE = [
  "credential_process",
  "sso_session",
  "sso_start_url",
  "role_arn",
  "login_session",
] as const;

const Section = z.object({
  aws_access_key_id: z.string().optional(),
  aws_secret_access_key: z.string().optional(),
  aws_session_token: z.string().optional(),
  region: z.string().optional(),
  credential_process: z.string().optional(),
  sso_session: z.string().optional(),
  sso_start_url: z.string().optional(),
  role_arn: z.string().optional(),
  login_session: z.string().optional(),
});

/** Keys of the AWS environment, when both are there. */
export function environmentKeys(env: Environment): Credentials | undefined {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = env["AWS_SESSION_TOKEN"];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** Where the two files are looked for, credentials first. */
export function awsFiles(env: Environment): [credentials: string, config: string] {
  const folder = join(env["HOME"] || homedir(), ".aws");
  return [
    env["AWS_SHARED_CREDENTIALS_FILE"] || join(folder, "credentials"),
    env["AWS_CONFIG_FILE"] || join(folder, "config"),
  ];
}

/** What the files say of a profile; the credentials file wins over the config file. */
export async function readAwsProfile(env: Environment, profile: string): Promise<AwsProfile> {
  const [credentialsPath, configPath] = awsFiles(env);
  const configName = profile === "default" ? profile : `profile ${profile}`;
  const config = sectionOf(await textOf(configPath), configName);
  const keys = { ...config, ...sectionOf(await textOf(credentialsPath), profile) };
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = keys;
  const { aws_session_token: sessionToken, region } = keys;
  const keysElsewhere = ELSEWHERE.find((setting) => keys[setting]);
  return {
    ...(region && { region }),
    ...(keysElsewhere && { keysElsewhere }),
    ...(accessKeyId && secretAccessKey && {
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    }),
  };
}

function sectionOf(text: string | undefined, name: string): z.infer<typeof Section> {
  if (text === undefined) return {};
  // The parser nests `[a.b]`; profile names with dots are found by walking down.
  let section: unknown = parse(text);
  for (const part of name.split(".")) {
    section = z.record(z.string(), z.unknown()).safeParse(section).data?.[part];
  }
  const parsed = Section.safeParse(section);
  return parsed.success ? parsed.data : {};
}

/** A file's text, or undefined when there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
