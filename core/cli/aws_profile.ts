/**
 * Keys and region from the files of the AWS command line: `~/.aws/credentials` and `~/.aws/config`
 * (AWS SDKs and tools reference guide, shared config and credentials files).
 * @module
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "ini";
import { z } from "zod";
import type { Credentials } from "../wire/sigv4.ts";
import type { Io } from "./io.ts";
import { textOf } from "./login_file.ts";

export interface AwsProfile {
  credentials?: Credentials;
  region?: string;
}

const Section = z.object({
  aws_access_key_id: z.string().optional(),
  aws_secret_access_key: z.string().optional(),
  aws_session_token: z.string().optional(),
  region: z.string().optional(),
});

/** Where the two files are looked for, credentials first. */
export function awsFiles(env: Io["env"]): [credentials: string, config: string] {
  const folder = join(env["HOME"] || homedir(), ".aws");
  return [
    env["AWS_SHARED_CREDENTIALS_FILE"] || join(folder, "credentials"),
    env["AWS_CONFIG_FILE"] || join(folder, "config"),
  ];
}

/** What the files say of a profile; the credentials file wins over the config file. */
export async function readAwsProfile(env: Io["env"], profile: string): Promise<AwsProfile> {
  const [credentialsPath, configPath] = awsFiles(env);
  const configName = profile === "default" ? profile : `profile ${profile}`;
  const config = sectionOf(await textOf(configPath), configName);
  const keys = { ...config, ...sectionOf(await textOf(credentialsPath), profile) };
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = keys;
  const { aws_session_token: sessionToken, region } = keys;
  return {
    ...(region && { region }),
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
