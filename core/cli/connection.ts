/**
 * Which server, and as whom. Address: `--url`, RUNTIME_URL, the login file. Keys: the AWS
 * environment, the login file (for its own server only), the files of the AWS command line.
 * @module
 */
import type { Endpoint } from "../wire/aws_json.ts";
import { awsFiles, environmentKeys, readAwsProfile } from "../wire/aws_profile.ts";
import type { Credentials } from "../wire/sigv4.ts";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { type Login, loginPath, readLogin } from "./login_file.ts";

export type Connection = Endpoint;

export const DEFAULT_REGION = "us-east-1";

/** Everything needed to call the server. Throws a usage failure that says where it looked. */
export async function connect(io: Io, given: { url?: string }): Promise<Connection> {
  const login = await readLogin(io.env);
  const url = given.url ?? (io.env["RUNTIME_URL"] || login?.url);
  if (url === undefined) {
    throw usageFailure("No server is configured", [
      `--url, RUNTIME_URL and ${loginPath(io.env)} say none`,
    ], ["runtime login http://127.0.0.1:8080", "export RUNTIME_URL=http://127.0.0.1:8080"]);
  }
  const origin = originOf(url);
  const kept = login && originOf(login.url) === origin ? login : undefined;
  const profile = await readAwsProfile(io.env, io.env["AWS_PROFILE"] || "default");
  const credentials = credentialsOf(io.env, kept, profile.credentials);
  if (credentials === undefined) throw noCredentials(io, login, origin);
  const region = io.env["AWS_REGION"] || io.env["AWS_DEFAULT_REGION"] || kept?.region ||
    profile.region || DEFAULT_REGION;
  return { url: origin, region, credentials };
}

/** Scheme, host and port of an address; anything else in it is a usage failure. */
export function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && parsed.pathname === "/" && !parsed.search) {
    return parsed.origin;
  }
  throw usageFailure(`The server's address is not a URL of the form http://HOST:PORT`, [
    `given: ${JSON.stringify(url)}`,
  ], ["export RUNTIME_URL=http://127.0.0.1:8080"]);
}

function credentialsOf(
  env: Io["env"],
  login: Login | undefined,
  profile: Credentials | undefined,
): Credentials | undefined {
  const named = env["AWS_PROFILE"] ? profile : undefined;
  return environmentKeys(env) ?? named ?? (login && keysOf(login)) ?? profile;
}

function keysOf({ accessKeyId, secretAccessKey, sessionToken }: Login): Credentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function noCredentials(io: Io, login: Login | undefined, origin: string) {
  const kept = login
    ? `${loginPath(io.env)} is for ${originOf(login.url)}`
    : `${loginPath(io.env)} is not there`;
  const profile = io.env["AWS_PROFILE"] || "default";
  return usageFailure(`No access keys for ${origin}`, [
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
    kept,
    `no keys of profile ${profile} in ${awsFiles(io.env).join(" or ")}`,
  ], [`runtime login ${origin}`]);
}
