/**
 * How a local run reaches bundles: by what the agent's configuration says, if one is given, and by the
 * usual AWS environment and files (AWS SDKs and tools reference guide).
 * @module
 */
import { existsSync } from "node:fs";
import { AgentSettings } from "../domain/agent_settings.ts";
import { type Environment, environmentKeys, readAwsProfile } from "../wire/aws_profile.ts";
import type { BundleRevision } from "../wire/bundle_revision.ts";
import type { Credentials } from "../wire/sigv4.ts";
import { domainOf, keepsBundles, s3Url } from "./aws_endpoints.ts";
import { readSettings } from "./config.ts";
import type { BundleSource } from "./download.ts";
import { type Identity, readIdentity } from "./identity.ts";
import { noBundle } from "./local_bundle.ts";
import { outgoing } from "./outgoing.ts";

const DEFAULT_REGION = "us-east-1";

/** Throws AgentFailure for a configuration that cannot be used, and for S3 without keys. */
export async function localReach(
  { RevisionType }: Pick<BundleRevision, "RevisionType">,
  config: string | undefined,
  environment: Environment,
): Promise<BundleSource> {
  const settings = config === undefined ? AgentSettings.parse({}) : await readSettings(config);
  const asker = RevisionType === "S3" ? await askerOf(settings, config, environment) : undefined;
  const region = asker?.region ?? DEFAULT_REGION;
  return {
    s3Endpoint: s3EndpointOf(settings, region, environment),
    identity: {
      region,
      credentials: () => asker ? asker.credentials() : Promise.reject(new Error("no keys")),
    },
    fetch: await outgoing({
      proxyUri: settings.proxy_uri,
      caFile: settings.ca_file,
      logWire: settings.log_aws_wire,
      environment,
    }),
    githubEndpoint: settings.github_endpoint,
    ...(settings.github_token_file !== undefined && {
      githubTokenFile: settings.github_token_file,
    }),
    ...(settings.max_rate !== undefined && { maxRate: settings.max_rate }),
  };
}

function s3EndpointOf(settings: AgentSettings, region: string, environment: Environment): string {
  const { s3_endpoint_override: given, deploy_control_endpoint: server } = settings;
  const domain = domainOf(region);
  if (given !== undefined) return given;
  if (server !== undefined && keepsBundles(server, domain)) return server;
  return environment["AWS_ENDPOINT_URL_S3"] || environment["AWS_ENDPOINT_URL"] ||
    s3Url(region, domain, { fips: settings.use_fips_mode });
}

/** Who asks S3: the environment's keys, those of a profile, or the host's own. */
async function askerOf(
  settings: AgentSettings,
  config: string | undefined,
  environment: Environment,
): Promise<Pick<Identity, "region" | "credentials">> {
  const { on_premises_config_file: file, deploy_control_endpoint: server } = settings;
  const profile = await readAwsProfile(environment, environment["AWS_PROFILE"] || "default");
  const host = config !== undefined && existsSync(file) ? await hostOf(file) : undefined;
  const region = environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"] ||
    host?.region || profile.region || DEFAULT_REGION;
  const holding = (credentials: Credentials) => ({
    region,
    credentials: () => Promise.resolve(credentials),
  });
  const own = environmentKeys(environment);
  if (own) return holding(own);
  // A server of ours knows the keys that it gave this host, and not those for Amazon.
  if (host && server !== undefined) return { region, credentials: () => host.credentials() };
  if (profile.credentials) return holding(profile.credentials);
  if (host) return { region, credentials: () => host.credentials() };
  throw noBundle(
    "S3 wants a signature, and there are no keys in the environment, in ~/.aws or in a host's file",
    "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…, or give the agent's configuration with -c",
  );
}

async function hostOf(file: string): Promise<Identity> {
  const { identity } = await readIdentity(file, (why) => {
    throw noBundle(why, "give keys in the environment");
  });
  return identity;
}
