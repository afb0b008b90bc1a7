/**
 * The identity of an EC2 instance (spec 11.1): its ARN from the identity document, the keys of its
 * role, which the metadata service renews. Loaded where there is no on-premises file.
 * @module
 */
import { z } from "zod";
import { type Environment, environmentKeys } from "../wire/aws_profile.ts";
import type { Credentials } from "../wire/sigv4.ts";
import { domainOf, partitionOf } from "./aws_endpoints.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import type { Identity } from "./identity.ts";
import { Imds, NoImds, NotInImds } from "./imds.ts";
import { log } from "./log.ts";

/** Milliseconds before their end from which on new keys are asked for; they are there by then. */
const RENEW_BEFORE = 5 * 60_000;

const Document = z.object({
  region: z.string().min(1),
  accountId: z.string().min(1),
  instanceId: z.string().min(1),
});

const RoleKeys = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1),
  Expiration: z.iso.datetime({ offset: true }),
});

export interface InstanceOptions {
  /** Why there is no on-premises file, as evidence. */
  why: string;
  tokenOnly: boolean;
  /** AWS_* keys of the environment are used before the role's (codedeploy_test_profile). */
  keepsEnvironmentKeys: boolean;
  environment: Environment;
  answerWithin?: number;
}

/** Throws AgentFailure when no metadata service answers. */
export async function instanceIdentity(options: InstanceOptions): Promise<Identity> {
  const { environment, why } = options;
  const imds = new Imds({
    endpoint: environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || undefined,
    tokenOnly: options.tokenOnly,
    ...(options.answerWithin !== undefined && { answerWithin: options.answerWithin }),
  });
  try {
    if (environment["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") {
      throw new NoImds("AWS_EC2_METADATA_DISABLED is true");
    }
    return await ask(imds, options);
  } catch (cause) {
    if (!(cause instanceof NoImds) && !(cause instanceof NotInImds)) throw cause;
    throw new AgentFailure({
      exitCode: EXIT.usage,
      cause:
        "This host has not joined a server: it has no on-premises file and no instance metadata",
      evidence: `${why}; ${cause.message}`,
      state: "the agent has not started",
      next: "runtime agent join URL --token TOKEN --name NAME",
    }, { cause });
  }
}

async function ask(imds: Imds, options: InstanceOptions): Promise<Identity> {
  const document = await documentOf(imds);
  const { accountId, instanceId } = document;
  const partition = await valueOr(imds, "services/partition", partitionOf(document.region));
  const region = options.environment["AWS_REGION"] || document.region;
  const domain = region === document.region
    ? await valueOr(imds, "services/domain", domainOf(region))
    : domainOf(region);
  const own = options.keepsEnvironmentKeys ? environmentKeys(options.environment) : undefined;
  return {
    hostIdentifier: `arn:${partition}:ec2:${document.region}:${accountId}:instance/${instanceId}`,
    name: instanceId,
    region,
    domain,
    credentials: own ? () => Promise.resolve(own) : roleCredentials(imds),
  };
}

async function documentOf(imds: Imds): Promise<z.infer<typeof Document>> {
  const text = await imds.get("dynamic/instance-identity/document");
  const document = Document.safeParse(jsonOf(text));
  if (document.success) return document.data;
  throw new NoImds(`${imds.url} answers no identity document: ${text.slice(0, 100)}`);
}

/** Older services do not know every path. */
async function valueOr(imds: Imds, path: string, otherwise: string): Promise<string> {
  try {
    return await imds.get(`meta-data/${path}`) || otherwise;
  } catch (error) {
    if (error instanceof NotInImds) return otherwise;
    throw error;
  }
}

/** The keys of the instance's role, asked for when first needed and renewed before they expire. */
export function roleCredentials(
  imds: Imds,
  now: () => number = Date.now,
): () => Promise<Credentials> {
  let last: { credentials: Credentials; expires: number } | undefined;
  return async () => {
    if (last && now() < last.expires - RENEW_BEFORE) return last.credentials;
    try {
      last = await askForKeys(imds);
    } catch (error) {
      if (!last || now() >= last.expires) throw error;
      log.warn("the role's keys are not renewed yet, the old ones stay in use: {why}", {
        why: error instanceof Error ? error.message : String(error),
      });
    }
    return last.credentials;
  };
}

async function askForKeys(imds: Imds) {
  const folder = "meta-data/iam/security-credentials/";
  const role = (await listOr(imds, folder)).split("\n")[0]?.trim();
  if (!role) {
    throw new Error(
      "this instance has no role to sign with: attach an instance profile to it, " +
        "or join the host: runtime agent join URL --token TOKEN --name NAME",
    );
  }
  const text = await imds.get(folder + role);
  const keys = RoleKeys.safeParse(jsonOf(text));
  if (!keys.success) {
    const code = z.object({ Code: z.string() }).safeParse(jsonOf(text)).data?.Code;
    throw new Error(`the role ${role} of this instance has no keys: ${code ?? "no such answer"}`);
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = keys.data;
  return {
    credentials: {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: Token,
    },
    expires: Date.parse(Expiration),
  };
}

async function listOr(imds: Imds, folder: string): Promise<string> {
  try {
    return await imds.get(folder);
  } catch (error) {
    if (error instanceof NotInImds) return "";
    throw error;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
