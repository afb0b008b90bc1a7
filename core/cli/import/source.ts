/**
 * Where an import reads: the address, and the keys of whoever runs it. `--from-profile` names a
 * profile of the AWS command line; without it the keys are those that `aws` would take.
 * @module
 */
import { awsFiles, environmentKeys, readAwsProfile } from "../../wire/aws_profile.ts";
import { connect, type Connection, DEFAULT_REGION, originOf } from "../connection.ts";
import { usageFailure } from "../failure.ts";
import type { Io } from "../io.ts";
import { readLogin } from "../login_file.ts";

export interface From {
  fromUrl?: string;
  fromProfile?: string;
  fromRegion?: string;
}

/** Region names are part of a host's name. */
const REGION = /^[a-z]{2,}(-[a-z0-9]+)+$/;

/** The source's connection. Throws a usage failure that says where keys and region were looked for. */
export async function connectSource(io: Io, from: From): Promise<Connection> {
  const { env } = io;
  const named = from.fromProfile ?? (env["AWS_PROFILE"] || "default");
  const profile = await readAwsProfile(env, named);
  const environment = from.fromProfile === undefined ? environmentKeys(env) : undefined;
  const credentials = environment ?? profile.credentials;
  if (credentials === undefined) throw noKeys(io, from, named, profile.keysElsewhere);
  const environmentRegion = from.fromProfile === undefined ? regionOf(env) : undefined;
  const region = from.fromRegion ?? environmentRegion ?? profile.region ?? regionOf(env);
  if (from.fromUrl !== undefined) {
    return { url: sourceOrigin(from.fromUrl), region: region ?? DEFAULT_REGION, credentials };
  }
  if (region === undefined || !REGION.test(region)) throw noRegion(region);
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return { url: `https://codedeploy.${region}.${domain}`, region, credentials };
}

/**
 * The server that is written to. Without `--from-profile` the keys of the environment are those of
 * the source, so a login at this server comes first.
 */
export async function connectDestination(
  io: Io,
  given: { url?: string },
  from: From,
): Promise<Connection> {
  const login = await readLogin(io.env);
  const url = given.url ?? (io.env["RUNTIME_URL"] || login?.url);
  const isLogin = login && url !== undefined && originOf(login.url) === originOf(url);
  if (!isLogin || from.fromProfile !== undefined) return await connect(io, given);
  const { region, accessKeyId, secretAccessKey, sessionToken } = login;
  const token = sessionToken === undefined ? {} : { sessionToken };
  return {
    url: originOf(login.url),
    region,
    credentials: { accessKeyId, secretAccessKey, ...token },
  };
}

function regionOf(env: Io["env"]): string | undefined {
  return env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || undefined;
}

function sourceOrigin(url: string): string {
  if (URL.canParse(url)) {
    const { protocol, pathname, search, origin } = new URL(url);
    if (/^https?:$/.test(protocol) && pathname === "/" && !search) return origin;
  }
  throw usageFailure("--from-url is not a URL of the form https://HOST", [
    `given: ${JSON.stringify(url)}`,
  ], ["runtime import aws --from-url https://codedeploy.eu-west-1.amazonaws.com --dry-run"]);
}

function noKeys(io: Io, from: From, profile: string, elsewhere: string | undefined) {
  const files = awsFiles(io.env).join(" or ");
  const environment = from.fromProfile === undefined
    ? ["AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"]
    : [];
  if (elsewhere === undefined) {
    return usageFailure("No access keys for the CodeDeploy to import from", [
      ...environment,
      `no keys of profile ${profile} in ${files}`,
    ], ["runtime import aws --from-profile NAME --dry-run", "aws configure"]);
  }
  return usageFailure("The keys to import with come from elsewhere", [
    ...environment,
    `profile ${profile} has no keys but ${elsewhere}, which only the aws command follows`,
  ], [
    `eval "$(aws configure export-credentials --profile ${profile} --format env)"`,
    "runtime import aws --dry-run",
  ]);
}

function noRegion(region: string | undefined) {
  const evidence = region === undefined
    ? "--from-region, AWS_REGION and the profile say none"
    : `given: ${JSON.stringify(region)}`;
  return usageFailure("The region to import from is not known", [evidence], [
    "runtime import aws --from-region eu-west-1 --dry-run",
  ]);
}
