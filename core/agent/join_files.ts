/** The two files that joining leaves on a host (spec 11.1, 11.2). @module */
import { constants } from "node:fs";
import { access, mkdir, open, readFile, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { JoinOutput } from "../wire/join.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import { systemErrorCode } from "./system_error.ts";

const DEFAULT_ROOT = "/opt/codedeploy-agent/deployment-root";
const DEFAULT_LOG_DIR = "/var/log/aws/codedeploy-agent";

export interface JoinFiles {
  agent: string;
  onPremises: string;
}

/**
 * Makes the folder and refuses what would fail later, so that nothing is asked of the server in
 * vain: a folder that cannot be written, a host that has joined already. A host that comes with an
 * on-premises file of its own may have it at its place already.
 */
export async function prepareFiles(configDir: string, own?: string): Promise<JoinFiles> {
  const folder = resolve(configDir);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: `The configuration folder ${folder} cannot be written`,
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "this host has not joined",
      next: "join as a user who may write there, or choose another folder with --config-dir",
    }, { cause });
  }
  const files = {
    agent: join(folder, "codedeployagent.yml"),
    onPremises: join(folder, "codedeploy.onpremises.yml"),
  };
  const before = await textOf(files.onPremises);
  if (before === undefined) return files;
  if (own !== undefined && before === await textOf(own)) return files;
  const arn = /^\s*iam_\w+_arn:\s*(.*)$/m.exec(before)?.[1] ?? "an unknown name";
  throw new AgentFailure({
    exitCode: EXIT.usage,
    cause: "This host has joined a server already",
    evidence: `${files.onPremises} holds the keys of ${arn}`,
    state: "nothing was changed",
    next: `remove ${files.onPremises} to join anew, or choose another folder with --config-dir`,
  });
}

/** What a host is given, or has: who the server is and who it is itself. */
export type Joined = JoinOutput | {
  instanceName: string;
  serverPublicKey: string;
  /** Text of codedeploy.onpremises.yml. */
  onPremises: string;
};

export interface HostPlaces {
  url: string;
  root?: string;
  installRoot?: string;
}

/** Writes both files, the one that says the host has joined last. */
export async function writeFiles(
  files: JoinFiles,
  joined: Joined,
  places: HostPlaces,
): Promise<void> {
  try {
    await writeWhole(files.agent, await agentYaml(files, joined, places));
    const onPremises = "onPremises" in joined ? joined.onPremises : await onPremisesYaml(joined);
    await writeWhole(files.onPremises, onPremises);
  } catch (cause) {
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: "The agent's configuration could not be written",
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: `${joined.instanceName} is known to the server, but its keys are lost`,
      next: `aws deploy deregister-on-premises-instance --instance-name ${joined.instanceName}, ` +
        "then join again",
    }, { cause });
  }
}

async function onPremisesYaml(joined: JoinOutput): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify({
    iam_user_arn: joined.iamUserArn,
    region: joined.region,
    aws_access_key_id: joined.accessKeyId,
    aws_secret_access_key: joined.secretAccessKey,
  });
}

/** codedeployagent.yml; keys that a person set in an earlier one are kept. */
async function agentYaml(files: JoinFiles, joined: Joined, places: HostPlaces) {
  const { Document, parseDocument } = await import("yaml");
  const root = places.root === undefined ? undefined : resolve(places.root);
  const before = parseDocument(await textOf(files.agent) ?? "");
  const document = before.errors.length > 0 || !before.contents ? new Document({}) : before;
  const keys = {
    root_dir: root ?? DEFAULT_ROOT,
    log_dir: root === undefined ? DEFAULT_LOG_DIR : join(root, "agent-logs"),
    on_premises_config_file: files.onPremises,
    deploy_control_endpoint: places.url,
    server_public_key: joined.serverPublicKey,
    wait_between_runs: 1,
    ...(places.installRoot !== undefined && { install_root: resolve(places.installRoot) }),
  };
  for (const [key, value] of Object.entries(keys)) {
    // A file written in plain keys stays so; one key in both forms would be refused.
    document.set(document.has(key) ? key : `:${key}`, value);
  }
  return String(document);
}

/** Writes a file that its owner alone can read, whole or not at all. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.chmod(0o600); // a left-over draft may have been wider
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
