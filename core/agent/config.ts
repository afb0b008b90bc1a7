/**
 * The agent's two files: `codedeployagent.yml`, whose keys are written as Ruby symbols (`:root_dir:`),
 * and the on-premises file it names, which says who this host is (spec 11.1, 11.2).
 * @module
 */
import { z } from "zod";
import { ByteRate } from "./byte_rate.ts";
import { badFile, readYaml } from "./config_file.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import { type Identity, readIdentity } from "./identity.ts";

const path = z.string().min(1).startsWith("/", "must be an absolute path");
const seconds = z.number().min(0);

/** Keys without their colons. Other keys of AWS's agent are accepted and have no effect here. */
const AgentFile = z.object({
  root_dir: path.default("/opt/codedeploy-agent/deployment-root"),
  log_dir: path.default("/var/log/aws/codedeploy-agent"),
  on_premises_config_file: path.default("/etc/codedeploy-agent/conf/codedeploy.onpremises.yml"),
  deploy_control_endpoint: z.url({ protocol: /^https?$/, error: "must be an http(s) URL" }),
  s3_endpoint_override: z.url({ protocol: /^https?$/, error: "must be an http(s) URL" }).optional(),
  /** Ours: put before every destination of an AppSpec. */
  install_root: path.optional(),
  /** Ours: the server's key in PEM; an order must carry its signature. */
  server_public_key: z.string().startsWith("-----BEGIN PUBLIC KEY-----", "must be a key in PEM"),
  /** Ours: how fast a bundle is fetched at most, in bytes per second. */
  max_rate: ByteRate.optional(),
  wait_between_runs: seconds.default(1),
  http_read_timeout: seconds.default(80),
  max_revisions: z.number().int().min(1).default(5),
  kill_agent_max_wait_time_seconds: seconds.max(86_400).default(7200),
  enable_deployments_log: z.boolean().default(true),
  /** Ours: look for files in the way before the old version is removed, and name all of them. */
  existence_checks: z.enum(["after-removal", "before-removal"]).default("after-removal"),
  /** Ours: a file in the way that is the same as the revision's becomes the deployment's own. */
  adopt_if_identical: z.boolean().default(false),
  /** Ours: destinations that are switched as a whole, by a symbolic link. */
  release_directories: z.array(path).default([]),
  /** Ours: whose ApplicationStop script runs. */
  stop_script_from: z.enum(["previous", "new"]).default("previous"),
  /** Ours: how many deployments this host carries out side by side. */
  max_parallel_deployments: z.number().int().min(1).default(16),
  /** Ours: what restarts the machine when a script asks for it. */
  reboot_command: z.array(z.string().min(1)).min(1).default(["systemctl", "reboot"]),
});

export interface AgentConfig {
  rootDir: string;
  logDir: string;
  endpoint: string;
  /** Where bundles are fetched from. */
  s3Endpoint: string;
  installRoot?: string;
  /** Bytes per second of one download; undefined is as fast as it goes. */
  maxRate?: number;
  serverPublicKey: string;
  waitBetweenRunsMs: number;
  readTimeoutMs: number;
  maxRevisions: number;
  /** How long a graceful stop waits for the running event. */
  stopWaitMs: number;
  enableDeploymentsLog: boolean;
  existenceChecks: "after-removal" | "before-removal";
  adoptIfIdentical: boolean;
  /** Absolute paths as the AppSpec names them, before the install root. */
  releaseDirectories: readonly string[];
  stopScriptFrom: "previous" | "new";
  maxParallelDeployments: number;
  /** A program and its arguments. */
  rebootCommand: readonly string[];
  identity: Identity;
}

/** Settings given as flags, by the file's keys; each goes before the file's own. */
export type Settings = Readonly<Record<string, string | number>>;

/** Reads both files. Throws AgentFailure naming file and key, or the flag. */
export async function readConfig(file: string, settings: Settings = {}): Promise<AgentConfig> {
  const agent = await readKeys(file, AgentFile, settings);
  return {
    rootDir: agent.root_dir,
    logDir: agent.log_dir,
    endpoint: agent.deploy_control_endpoint,
    s3Endpoint: agent.s3_endpoint_override ?? agent.deploy_control_endpoint,
    ...(agent.install_root !== undefined && { installRoot: agent.install_root }),
    ...(agent.max_rate !== undefined && { maxRate: agent.max_rate }),
    serverPublicKey: agent.server_public_key,
    waitBetweenRunsMs: agent.wait_between_runs * 1000,
    readTimeoutMs: agent.http_read_timeout * 1000,
    maxRevisions: agent.max_revisions,
    stopWaitMs: agent.kill_agent_max_wait_time_seconds * 1000,
    enableDeploymentsLog: agent.enable_deployments_log,
    existenceChecks: agent.existence_checks,
    adoptIfIdentical: agent.adopt_if_identical,
    releaseDirectories: agent.release_directories,
    stopScriptFrom: agent.stop_script_from,
    maxParallelDeployments: agent.max_parallel_deployments,
    rebootCommand: agent.reboot_command,
    identity: await readIdentity(agent.on_premises_config_file),
  };
}

/** Where revisions are kept, how many, and where they are installed. */
export type Folders = Pick<AgentConfig, "rootDir" | "installRoot" | "maxRevisions">;

/** What a run without a server needs of the first file; a host need not have joined for it. */
export async function readFolders(file: string): Promise<Folders> {
  const keys = { root_dir: true, install_root: true, max_revisions: true } as const;
  const agent = await readKeys(file, AgentFile.pick(keys));
  return {
    rootDir: agent.root_dir,
    maxRevisions: agent.max_revisions,
    ...(agent.install_root !== undefined && { installRoot: agent.install_root }),
  };
}

async function readKeys<Keys>(
  file: string,
  schema: z.ZodType<Keys>,
  settings: Settings = {},
): Promise<Keys> {
  const raw = z.record(z.string(), z.unknown()).safeParse(await readYaml(file));
  if (!raw.success) throw badFile(file, "the file must be a list of `:key: value` lines");
  const keys = Object.entries(raw.data).map(([key, value]) => [key.replace(/^:/, ""), value]);
  const present = keys.filter(([, value]) => value !== null);
  const parsed = schema.safeParse({ ...Object.fromEntries(present), ...settings });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.path.join(".") ?? "";
  if (key in settings) throw badFlag(key, settings[key], issue?.message ?? "");
  throw badFile(file, `:${key}: ${issue?.message}`);
}

function badFlag(key: string, given: unknown, reason: string): AgentFailure {
  const flag = `--${key.replaceAll("_", "-")}`;
  return new AgentFailure({
    exitCode: EXIT.usage,
    cause: `${flag} ${given} is not valid`,
    evidence: reason,
    state: "the agent has not started",
    next: "runtime help agent",
  });
}
