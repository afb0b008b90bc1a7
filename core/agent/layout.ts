/**
 * Where the agent keeps things below its root (spec 4.2, 5.4, 6.1): the folders and names of
 * CodeDeploy's agent, so that scripts and people find what they know.
 * @module
 */
import { join, resolve } from "node:path";

/** The paths of one deployment on this host. */
export interface DeploymentPaths {
  /** `<root>/<group id>/<deployment id>` */
  readonly root: string;
  readonly bundle: string;
  readonly archive: string;
  readonly logs: string;
  readonly scriptsLog: string;
}

/** Every path below the agent's root; group and deployment ids must be plain names. */
export interface Layout {
  readonly root: string;
  /** `<root>/deployment-instructions` */
  readonly instructions: string;
  /** Lines of every script of every deployment; undefined when nobody wants that file. */
  readonly deploymentsLog: string | undefined;
  /** Holds one folder a deployment. */
  group(groupId: string): string;
  deployment(groupId: string, deploymentId: string): DeploymentPaths;
  /** Pointer to the deployment whose Install ended last. */
  lastSuccessfulInstall(groupId: string): string;
  /** Pointer to the deployment whose bundle was unpacked last. */
  mostRecentInstall(groupId: string): string;
}

/** The layout below `root`, made absolute. The switch is the agent's `:enable_deployments_log:`. */
export function layout(
  root: string,
  { enableDeploymentsLog = true }: { readonly enableDeploymentsLog?: boolean } = {},
): Layout {
  const base = resolve(root);
  const instructions = join(base, "deployment-instructions");
  const group = (groupId: string): string => join(base, plainName(groupId));
  return {
    root: base,
    instructions,
    deploymentsLog: enableDeploymentsLog
      ? join(base, "deployment-logs", "codedeploy-agent-deployments.log")
      : undefined,
    group,
    deployment: (groupId, deploymentId) =>
      deploymentPaths(join(group(groupId), plainName(lastPart(deploymentId)))),
    lastSuccessfulInstall: (groupId) => lastSuccessfulInstallPath(instructions, groupId),
    mostRecentInstall: (groupId) => join(instructions, `${plainName(groupId)}_most_recent_install`),
  };
}

/** The paths of a deployment whose folder is known, for instance from a pointer file. */
export function deploymentPaths(deploymentRoot: string): DeploymentPaths {
  const logs = join(deploymentRoot, "logs");
  return {
    root: deploymentRoot,
    bundle: join(deploymentRoot, "bundle.tar"),
    archive: join(deploymentRoot, "deployment-archive"),
    logs,
    scriptsLog: join(logs, "scripts.log"),
  };
}

/** `<group id>_last_successful_install` in the folder of instructions. */
export function lastSuccessfulInstallPath(instructionsDir: string, groupId: string): string {
  return join(instructionsDir, `${plainName(groupId)}_last_successful_install`);
}

/** The list of what the last Install made, which the next one removes. */
export function cleanupPath(instructionsDir: string, groupId: string): string {
  return join(instructionsDir, `${plainName(groupId)}-cleanup`);
}

/** What the last Install did, in order, as JSON. */
export function installJsonPath(instructionsDir: string, groupId: string): string {
  return join(instructionsDir, `${plainName(groupId)}-install.json`);
}

/** What an Install that is under way, or was cut off, does and has done. */
export function installJournalPath(instructionsDir: string, groupId: string): string {
  return join(instructionsDir, `${plainName(groupId)}-install.journal`);
}

/** A deployment id may come as an ARN that ends in `deployment/<id>` (spec 12.3). */
function lastPart(deploymentId: string): string {
  return deploymentId.startsWith("arn:") ? deploymentId.replace(/^.*\//, "") : deploymentId;
}

/** An id becomes a folder, so it must not lead out of its parent. */
function plainName(id: string): string {
  if (/^[\w.@:+-]+$/.test(id) && id !== "." && id !== "..") return id;
  throw new Error(
    `The id ${JSON.stringify(id)} cannot name a folder: letters, digits and . _ - only`,
  );
}
