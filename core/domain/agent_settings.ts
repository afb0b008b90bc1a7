/**
 * Every key of `codedeployagent.yml` with its type, its default and a few words: the agent reads its
 * file by this table, and the command line makes a flag of each key. Keys and defaults are those of
 * CodeDeploy's agent (spec 11.2) unless the words say "ours"; all is in docs/operating.md.
 *
 * A message says what is allowed and begins with "must", so that it ends the sentence "it …".
 * @module
 */
import { z } from "zod";
import { ByteRate } from "./byte_rate.ts";
import { isSafe } from "./https_location.ts";

const path = z.string("must be an absolute path").startsWith("/", "must be an absolute path");
const web = z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" });
const SECONDS = "must be a number of seconds, 0 or more";
const seconds = z.number(SECONDS).min(0, SECONDS);
const LONGER = "must be a number of seconds, more than 0";
const COUNT = "must be a whole number, 1 or more";
const count = z.number(COUNT).int(COUNT).min(1, COUNT);
const truth = z.boolean("must be true or false");
const FILE_NAME = "must be a plain file name";
const fileName = z.string(FILE_NAME).regex(/^(?!\.{1,2}$)[^/\0]+$/, FILE_NAME);
const PROXY = "must be http://[USER:PASSWORD@]HOST:PORT";
const proxy = z.url({ protocol: /^https?$/, error: PROXY });
const GITHUB = "must be an https:// URL (http:// only of this machine)";
const KEY = "must be a public key in PEM";
const CERTIFICATE = "must be a certificate in PEM or the absolute path of its file";

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be ${words.join(" or ")}`);
}

/** Keys as `runtime agent` knows them, without the colons of the file. */
export const AgentSettings = z.object({
  root_dir: path.default("/opt/codedeploy-agent/deployment-root")
    .describe("where revisions and the journal are kept"),
  log_dir: path.default("/var/log/aws/codedeploy-agent").describe("where the agent logs"),
  pid_dir: path.optional().describe("where <program_name>.pid names the agent's process"),
  program_name: fileName.default("codedeploy-agent").describe("name of the file in pid_dir"),
  verbose: truth.default(false).describe("log more of what the agent does"),
  log_aws_wire: truth.default(false).describe("log every request, without secrets and bodies"),
  wait_between_runs: seconds.default(1).describe("pause after an empty answer, in seconds"),
  wait_after_error: seconds.default(30).describe("longest pause after a failed poll, in seconds"),
  wait_after_throttle_error: seconds.default(60)
    .describe("pause after the service asked to slow down, in seconds"),
  wait_after_connection_problem: seconds.default(5)
    .describe("longest pause while nothing answers, in seconds"),
  http_read_timeout: z.number(LONGER).gt(0, LONGER).default(80)
    .describe("how long a poll may take, in seconds"),
  max_revisions: count.default(5).describe("revisions kept of a deployment group"),
  proxy_uri: proxy.optional().describe("proxy for everything the agent fetches"),
  ca_file: path.optional().describe("ours: authorities to trust besides the usual, in PEM"),
  children: z.literal(1, "must be 1: children can only be set to 1").default(1)
    .describe("processes of the agent; only 1 is possible"),
  kill_agent_max_wait_time_seconds: seconds.default(7200)
    .describe("how long a stop waits for an event, in seconds"),
  on_premises_config_file: path.default("/etc/codedeploy-agent/conf/codedeploy.onpremises.yml")
    .describe("the file that says who this host is"),
  enable_deployments_log: truth.default(true)
    .describe("write the log of all deployments below root_dir"),
  enable_archive_reuse: truth.default(true)
    .describe("a restart takes the bundle that is on the host"),
  enable_auth_policy: truth.default(false).describe("use the secure command service"),
  use_fips_mode: truth.default(false).describe("use the FIPS endpoints of regions in the USA"),
  disable_imds_v1: truth.default(false)
    .describe("ask the instance metadata service with a token only"),
  deploy_control_endpoint: web.optional().describe("the server"),
  s3_endpoint_override: web.optional().describe("where bundles are fetched, else the server"),
  codedeploy_test_profile: oneOf(["prod", "beta", "gamma"]).default("prod")
    .describe("beta and gamma skip the TLS check at the start and keep AWS_* keys"),
  ongoing_deployment_tracking: fileName.default("ongoing-deployment")
    .describe("folder below root_dir with a file for each running deployment"),
  install_root: path.optional().describe("ours: put before every destination of an AppSpec"),
  server_public_key: z.string(KEY).startsWith("-----BEGIN PUBLIC KEY-----", KEY).optional()
    .describe("ours: the pinned key of the server, written by the join"),
  order_signer_certificate: z.string(CERTIFICATE).regex(
    /^(-----BEGIN CERTIFICATE-----|\/)/,
    CERTIFICATE,
  )
    .optional().describe("ours: who may sign the orders of a server like AWS's, PEM or its file"),
  max_rate: ByteRate.optional().describe("ours: bytes per second of a download, such as 10MB"),
  github_endpoint: z.url({ protocol: /^https?$/, error: GITHUB })
    .refine((text) => isSafe(new URL(text)), GITHUB).default("https://api.github.com")
    .describe("ours: the API of GitHub or of a GitHub of one's own"),
  github_token_file: path.optional()
    .describe("ours: a file of mode 0600 with a token that reads private repositories"),
  existence_checks: oneOf(["after-removal", "before-removal"]).default("after-removal")
    .describe("ours: when files in the way are looked for"),
  adopt_if_identical: truth.default(false)
    .describe("ours: a file in the way that is the same becomes the deployment's own"),
  release_directories: z.array(path, "must be a list of absolute paths").default([])
    .describe("ours: destinations that are switched as a whole, by a symbolic link"),
  stop_script_from: oneOf(["previous", "new"]).default("previous")
    .describe("ours: whose ApplicationStop script runs"),
  max_parallel_deployments: count.default(16)
    .describe("ours: deployments carried out side by side"),
  reboot_command: z.array(z.string("must be a word").min(1), "must be a list of words")
    .min(1, "must name a program").default(["systemctl", "reboot"])
    .describe("ours: what restarts the machine when a script asks for it"),
});
export type AgentSettings = z.infer<typeof AgentSettings>;
export type AgentSettingKey = keyof AgentSettings;

/** Keys of CodeDeploy's own agent that mean nothing here; nobody is told of a slip in writing. */
export const KEYS_WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  "user",
  "shared_dir",
  "instance_service_region",
  "instance_service_endpoint",
  "instance_service_port",
  "disable_core_dumps",
  "disable_powershell_profile_in_hooks",
  "enable_command_port",
]);

export type SettingKind = "text" | "number" | "truth" | "list";

/** What kind of value a key takes, as far as a flag must know. */
export function settingKind(key: string): SettingKind | undefined {
  if (!isSettingKey(key)) return undefined;
  const kind = innerType(AgentSettings.shape[key]);
  if (kind === "boolean") return "truth";
  if (kind === "number" || kind === "literal") return "number";
  return kind === "array" ? "list" : "text";
}

export function isSettingKey(key: string): key is AgentSettingKey {
  return Object.hasOwn(AgentSettings.shape, key);
}

/** A key's value as its flag was given: a list is parted by commas. A wrong one stays as it is. */
export function settingFromText(key: string, text: string): unknown {
  switch (settingKind(key)) {
    case "number":
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case "truth":
      return text === "true" ? true : text === "false" ? false : text;
    case "list":
      return text.split(",");
    default:
      return text;
  }
}

function innerType(schema: z.core.$ZodType): string {
  const { def } = schema._zod;
  if ("innerType" in def && def.innerType instanceof z.core.$ZodType) {
    return innerType(def.innerType);
  }
  return def.type;
}
