/**
 * What the agent's two files say, ready to use: `codedeployagent.yml` and the on-premises file it
 * names (spec 11.1, 11.2). The keys themselves, with their types and defaults, are a table in
 * `core/domain/agent_settings.ts`.
 * @module
 */
import { existsSync } from "node:fs";
import process from "node:process";
import {
  type AgentSettingKey,
  AgentSettings,
  isSettingKey,
  KEYS_WITHOUT_EFFECT,
  settingFromText,
} from "../domain/agent_settings.ts";
import { commandServiceUrl, domainOf, hasFips, keepsBundles, s3Url } from "./aws_endpoints.ts";
import { badFile, readText } from "./config_file.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import { type HostIdentity, type Identity, readIdentity } from "./identity.ts";
import { type KeyFile, parseKeyFile, shown, unknownKeys, wrongValue } from "./key_file.ts";
import { outgoing } from "./outgoing.ts";

export interface AgentConfig {
  rootDir: string;
  logDir: string;
  /** Holds the process id while the agent runs. */
  pidFile?: string;
  verbose: boolean;
  /** The command service: the server, or Amazon's where the file names none. */
  endpoint: string;
  /** Speak to the secure command service, under its own target and signing name. */
  enableAuthPolicy: boolean;
  /** Where bundles are fetched from. */
  s3Endpoint: string;
  /** GitHub's API. */
  githubEndpoint: string;
  /** Holds the token for repositories whose revision comes without one. */
  githubTokenFile?: string;
  /** Through the proxy and trusting the authorities that the configuration names. */
  fetch: typeof fetch;
  installRoot?: string;
  /** Bytes per second of one download; undefined is as fast as it goes. */
  maxRate?: number;
  /** In PEM; without it, no order of ours can be believed. */
  serverPublicKey?: string;
  /** In PEM: who may sign the specifications of a server without our additions. */
  orderSignerCertificate?: string;
  waitBetweenRunsMs: number;
  waitAfterErrorMs: number;
  waitAfterThrottleMs: number;
  waitAfterConnectionProblemMs: number;
  readTimeoutMs: number;
  maxRevisions: number;
  /** How long a graceful stop waits for the running event. */
  stopWaitMs: number;
  /** beta and gamma skip the TLS check at the start and keep AWS_* keys in the environment. */
  testProfile: AgentSettings["codedeploy_test_profile"];
  /** Name of the folder below the root with a file for each running deployment. */
  ongoingDeployments: string;
  enableDeploymentsLog: boolean;
  enableArchiveReuse: boolean;
  existenceChecks: "after-removal" | "before-removal";
  adoptIfIdentical: boolean;
  /** Absolute paths as the AppSpec names them, before the install root. */
  releaseDirectories: readonly string[];
  stopScriptFrom: "previous" | "new";
  maxParallelDeployments: number;
  /** A program and its arguments. */
  rebootCommand: readonly string[];
  identity: Identity;
  /** What a person should know of the files, such as a key that nobody knows. */
  warnings: readonly string[];
}

/** Settings given as flags, by the file's keys; each goes before the file's own. */
export type Settings = Readonly<Record<string, string | number>>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads both files, and asks who the instance is where there is no on-premises file. Throws
 * AgentFailure naming file, line and key, or the flag.
 */
export async function readConfig(
  file: string,
  settings: Settings = {},
  environment: Environment = process.env,
): Promise<AgentConfig> {
  const keys = await parseKeyFile(file, await readText(file), "typed");
  const agent = parseSettings(keys, settings);
  const { identity, warnings } = await identityOf(agent, environment);
  return {
    ...places(agent),
    ...endpoints(agent, identity, keys),
    ...behaviour(agent),
    ...(agent.server_public_key !== undefined && { serverPublicKey: agent.server_public_key }),
    ...await signer(agent),
    fetch: await outgoingOf(agent, environment),
    identity,
    warnings: [
      ...unknownKeys(keys, Object.keys(AgentSettings.shape), KEYS_WITHOUT_EFFECT),
      ...warnings,
    ],
  };
}

/** The text itself, or that of the file it names. */
async function signer({ order_signer_certificate: given }: AgentSettings) {
  if (given === undefined) return {};
  return { orderSignerCertificate: given.startsWith("/") ? await readText(given) : given };
}

function identityOf(agent: AgentSettings, environment: Environment): Promise<HostIdentity> {
  return readIdentity(agent.on_premises_config_file, async (why) => {
    const { instanceIdentity } = await import("./instance_identity.ts");
    return await instanceIdentity({
      why,
      tokenOnly: agent.disable_imds_v1,
      keepsEnvironmentKeys: agent.codedeploy_test_profile !== "prod",
      environment,
    });
  });
}

function places(agent: AgentSettings) {
  return {
    rootDir: agent.root_dir,
    logDir: agent.log_dir,
    ongoingDeployments: agent.ongoing_deployment_tracking,
    ...(agent.pid_dir !== undefined && {
      pidFile: `${agent.pid_dir.replace(/\/$/, "")}/${agent.program_name}.pid`,
    }),
    ...(agent.install_root !== undefined && { installRoot: agent.install_root }),
  };
}

function endpoints(agent: AgentSettings, identity: Identity, keys: KeyFile) {
  const { region, domain = domainOf(region) } = identity;
  const fips = agent.use_fips_mode;
  if (fips && !hasFips(region)) {
    const setting = keys.settings.get("use_fips_mode");
    const place = setting ? `line ${setting.line}: ${setting.written}` : "--use-fips-mode:";
    throw badFile(
      keys.file,
      `${place} use_fips_mode can be set to true only in regions located in the USA, ` +
        `and this host's region is ${region}`,
    );
  }
  const { deploy_control_endpoint: server, s3_endpoint_override: s3 } = agent;
  const form = { secure: agent.enable_auth_policy, fips };
  const own = server !== undefined && keepsBundles(server, domain) ? server : undefined;
  return {
    endpoint: server ?? commandServiceUrl(region, domain, form),
    s3Endpoint: s3 ?? own ?? s3Url(region, domain, form),
    githubEndpoint: agent.github_endpoint,
    ...(agent.github_token_file !== undefined && { githubTokenFile: agent.github_token_file }),
    enableAuthPolicy: agent.enable_auth_policy,
  };
}

/** Seconds; AWS's agent takes no more for a graceful stop either. */
const LONGEST_STOP = 86_400;

function behaviour(agent: AgentSettings) {
  return {
    verbose: agent.verbose,
    ...(agent.max_rate !== undefined && { maxRate: agent.max_rate }),
    waitBetweenRunsMs: agent.wait_between_runs * 1000,
    waitAfterErrorMs: agent.wait_after_error * 1000,
    waitAfterThrottleMs: agent.wait_after_throttle_error * 1000,
    waitAfterConnectionProblemMs: agent.wait_after_connection_problem * 1000,
    readTimeoutMs: agent.http_read_timeout * 1000,
    maxRevisions: agent.max_revisions,
    stopWaitMs: Math.min(agent.kill_agent_max_wait_time_seconds, LONGEST_STOP) * 1000,
    testProfile: agent.codedeploy_test_profile,
    enableDeploymentsLog: agent.enable_deployments_log,
    enableArchiveReuse: agent.enable_archive_reuse,
    existenceChecks: agent.existence_checks,
    adoptIfIdentical: agent.adopt_if_identical,
    releaseDirectories: agent.release_directories,
    stopScriptFrom: agent.stop_script_from,
    maxParallelDeployments: agent.max_parallel_deployments,
    rebootCommand: agent.reboot_command,
  };
}

function outgoingOf(agent: AgentSettings, environment: Environment): Promise<typeof fetch> {
  return outgoing({
    proxyUri: agent.proxy_uri,
    caFile: agent.ca_file,
    logWire: agent.log_aws_wire,
    environment,
  });
}

/** How a host that has not joined yet reaches the network: a person may have written the file. */
export async function readOutgoing(
  file: string,
  environment: Environment = process.env,
): Promise<typeof fetch> {
  const text = existsSync(file) ? await readText(file) : "";
  return await outgoingOf(parseSettings(await parseKeyFile(file, text, "typed"), {}), environment);
}

/** Where revisions are kept, how many, and how they are installed; AWS's way where nothing is said. */
export type Folders =
  & Pick<AgentConfig, "rootDir" | "installRoot" | "maxRevisions">
  & Partial<Pick<AgentConfig, "releaseDirectories" | "existenceChecks" | "adoptIfIdentical">>
  & Partial<Pick<AgentConfig, "stopScriptFrom" | "enableDeploymentsLog">>;

/** What a run without a server needs of the first file; a host need not have joined for it. */
export async function readFolders(file: string): Promise<Folders> {
  const agent = await readSettings(file);
  return {
    rootDir: agent.root_dir,
    maxRevisions: agent.max_revisions,
    releaseDirectories: agent.release_directories,
    existenceChecks: agent.existence_checks,
    adoptIfIdentical: agent.adopt_if_identical,
    stopScriptFrom: agent.stop_script_from,
    enableDeploymentsLog: agent.enable_deployments_log,
    ...(agent.install_root !== undefined && { installRoot: agent.install_root }),
  };
}

/** The first file alone. Throws AgentFailure. */
export async function readSettings(file: string): Promise<AgentSettings> {
  return parseSettings(await parseKeyFile(file, await readText(file), "typed"), {});
}

/** The file's keys with the flags before them. Every wrong value is told, not the first alone. */
function parseSettings(keys: KeyFile, flags: Settings): AgentSettings {
  const given: Partial<Record<AgentSettingKey, unknown>> = {};
  for (const [key, { value }] of keys.settings) if (isSettingKey(key)) given[key] = value;
  for (const [key, value] of Object.entries(flags)) {
    if (isSettingKey(key)) given[key] = settingFromText(key, String(value));
  }
  const parsed = AgentSettings.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = new Map(parsed.error.issues.map(({ path, message }) => [String(path[0]), message]));
  for (const [key, mustBe] of wrong) {
    if (Object.hasOwn(flags, key)) throw badFlag(key, flags[key], mustBe);
  }
  // In the order of the file.
  const sentences = [...keys.settings].flatMap(([key, setting]) => {
    const mustBe = wrong.get(key);
    return mustBe === undefined ? [] : [wrongValue(keys.file, key, setting, mustBe)];
  });
  throw badFile(keys.file, sentences.join("\n            "));
}

function badFlag(key: string, given: unknown, mustBe: string): AgentFailure {
  const flag = `--${key.replaceAll("_", "-")}`;
  return new AgentFailure({
    exitCode: EXIT.usage,
    cause: `${flag} ${shown(key, given).replace(/^"|"$/g, "")} is not valid`,
    evidence: `it ${mustBe}`,
    state: "the agent has not started",
    next: "runtime help agent",
  });
}
