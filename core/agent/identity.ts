/**
 * Who this host is: the on-premises file with the keys of an IAM user, or with a session's ARN and a
 * credentials file that is read again every half hour (spec 11.1; texts of CodeDeploy's agent).
 * @module
 */
import { z } from "zod";
import type { Credentials } from "../wire/sigv4.ts";
import { badFile, readText, readYaml } from "./config_file.ts";

export interface Identity {
  /** The ARN, sent as HostIdentifier. */
  hostIdentifier: string;
  /** The last part of the ARN, for people. */
  name: string;
  region: string;
  /** The keys to sign with now. */
  credentials(): Promise<Credentials>;
}

const text = z.string().min(1);
const OnPremises = z.object({
  iam_user_arn: text.optional(),
  iam_session_arn: text.optional(),
  region: text.optional(),
  aws_access_key_id: text.optional(),
  aws_secret_access_key: text.optional(),
  aws_credentials_file: text.optional(),
});
type OnPremises = z.infer<typeof OnPremises>;

/** Milliseconds for which a session's credentials are used before the file is read again. */
const REREAD_AFTER = 30 * 60_000;

/** Reads the on-premises file. Throws AgentFailure naming file and key. */
export async function readIdentity(file: string): Promise<Identity> {
  const parsed = OnPremises.safeParse(await readYaml(file));
  if (!parsed.success) {
    throw badFile(
      file,
      "The deployment failed because the format of the following on-premises configuration file " +
        `is invalid: ${file}`,
    );
  }
  const { iam_user_arn: user, iam_session_arn: session } = parsed.data;
  if (user && session) {
    throw badFile(
      file,
      "On Premises config cannot contain both 'iam_user_arn' and 'iam_session_arn' keys.",
    );
  }
  if (user) return userIdentity(file, user, parsed.data);
  if (session) return await sessionIdentity(file, session, parsed.data);
  throw badFile(file, "One of the keys 'iam_user_arn' and 'iam_session_arn' is required.");
}

function userIdentity(file: string, arn: string, keys: OnPremises): Identity {
  const need = (key: keyof OnPremises) => required(file, keys, key, "iam_user_arn");
  const credentials: Credentials = {
    accessKeyId: need("aws_access_key_id"),
    secretAccessKey: need("aws_secret_access_key"),
  };
  return { ...named(arn, need("region")), credentials: () => Promise.resolve(credentials) };
}

async function sessionIdentity(file: string, arn: string, keys: OnPremises): Promise<Identity> {
  const need = (key: keyof OnPremises) => required(file, keys, key, "iam_session_arn");
  const credentialsFile = need("aws_credentials_file");
  const who = named(arn, need("region"));
  let read = { at: Date.now(), credentials: await readCredentials(credentialsFile) };
  return {
    ...who,
    async credentials() {
      if (Date.now() - read.at > REREAD_AFTER) {
        read = { at: Date.now(), credentials: await readCredentials(credentialsFile) };
      }
      return read.credentials;
    },
  };
}

function named(arn: string, region: string) {
  return { hostIdentifier: arn, name: arn.split("/").pop() ?? arn, region };
}

function required(file: string, keys: OnPremises, key: keyof OnPremises, mode: string): string {
  const value = keys[key];
  if (value === undefined) {
    throw badFile(file, `'${key}' key is required when '${mode}' is provided.`);
  }
  return value;
}

const Profile = z.object({
  default: z.object({
    aws_access_key_id: text,
    aws_secret_access_key: text,
    aws_session_token: text.optional(),
  }),
});

async function readCredentials(file: string): Promise<Credentials> {
  // @ts-types="npm:@types/ini@4.1.1"
  const { parse } = await import("ini");
  const profile = Profile.safeParse(parse(await readText(file)));
  if (!profile.success) {
    const [issue] = profile.error.issues;
    throw badFile(file, `[${issue?.path.join("] ")}: ${issue?.message}`);
  }
  const keys = profile.data.default;
  return {
    accessKeyId: keys.aws_access_key_id,
    secretAccessKey: keys.aws_secret_access_key,
    ...(keys.aws_session_token && { sessionToken: keys.aws_session_token }),
  };
}
