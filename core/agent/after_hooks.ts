/**
 * The hooks that CodeDeploy does not have, on this machine: from which revision OnFailure, OnRollback
 * and Finally come, what they are told, and where their output goes.
 * @module
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AfterHookName, RunOutcome } from "../domain/after_hook.ts";
import type { Script } from "../domain/appspec.ts";
import { AGENT_EVENTS, type Diagnostics } from "../domain/lifecycle_event.ts";
import { runScripts } from "../../hooks/host_script.ts";
import { hookEnvironment, type HookSpecification, outcomeEnvironment } from "./hook_environment.ts";
import { type AfterHooks, type EventContext, unknownError } from "./host.ts";
import { readAppSpec } from "./install/find_appspec.ts";
import { deploymentPaths, type Layout } from "./layout.ts";
import { readPointer } from "./pointer_file.ts";
import { runLogged, scriptsRoot } from "./script_event.ts";
import { isMissing } from "./system_error.ts";
import { startAs } from "./script_user.ts";

export interface AfterHookPlace {
  readonly hook: AfterHookName;
  readonly specification: HookSpecification;
  readonly layout: Layout;
  /** Of this run; OnRollback finds that of the revision it leaves by itself. */
  readonly outcome: RunOutcome | undefined;
}

/** A hook that has scripts. */
export interface FoundHook extends AfterHookPlace {
  readonly archive: string;
  readonly scripts: readonly Script[];
}

export function afterHooksOf(layout: Layout): AfterHooks {
  return {
    keepOutcome: ({ specification }, outcome) => {
      keepOutcome(specification, layout, outcome);
      return Promise.resolve();
    },
    // What is thrown in here rejects the promise.
    find: (hook, { specification }, outcome) =>
      new Promise((resolve) => {
        const found = findAfterHook({ hook, specification, layout, outcome });
        resolve(found && { run: (context) => runAfterHook(found, context) });
      }),
  };
}

/**
 * The scripts of a hook; undefined when the revision has none, or there is none to leave. Throws
 * AppSpec errors, and Error when a run failed before there was any revision to ask.
 */
export function findAfterHook(place: AfterHookPlace): FoundHook | undefined {
  const root = revisionOf(place);
  if (root === undefined) {
    if (place.hook !== "OnFailure") return undefined;
    throw new Error("the revision is not unpacked, and no script of another one failed");
  }
  const { archive } = deploymentPaths(root);
  const appSpec = readAppSpec(archive, place.specification.AppSpecFilename);
  const scripts = appSpec.afterHooks.get(place.hook) ?? [];
  if (scripts.length === 0) return undefined;
  const outcome = place.hook === "OnRollback" ? readOutcome(root) : place.outcome;
  return { ...place, outcome, archive, scripts };
}

/** Runs it, its output in both logs of the current deployment. Never rejects. */
export async function runAfterHook(
  { hook, specification, layout, outcome, archive, scripts }: FoundHook,
  { onLine, onSpawn, signal }: EventContext,
): Promise<Diagnostics> {
  const toWatcher = (line: { stream: Parameters<typeof onLine>[0]; text: string }) =>
    onLine(line.stream, line.text);
  try {
    const end = await runLogged(
      { specification, layout, onLine: toWatcher },
      (onEntry) =>
        runScripts({
          event: hook,
          scripts,
          archiveDir: archive,
          environment: { ...hookEnvironment(hook, specification), ...outcomeEnvironment(outcome) },
          onLine: toWatcher,
          startAs,
          onEntry,
          onSpawn: ({ pid }) => onSpawn(pid),
          signal,
        }),
    );
    // The AppSpec refuses `reboot` here.
    return end.kind === "ended" ? end.diagnostics : unknownError(`${hook} cannot restart`);
  } catch (error) {
    return unknownError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * OnRollback undoes what the revision on the host did. The others are the current revision's; before
 * that is unpacked, they are of the one whose script failed.
 */
function revisionOf({ hook, specification, layout, outcome }: AfterHookPlace): string | undefined {
  const { DeploymentGroupId: groupId, DeploymentId } = specification;
  if (hook === "OnRollback") return readPointer(layout.mostRecentInstall(groupId));
  const current = layout.deployment(groupId, DeploymentId);
  if (existsSync(current.archive)) return current.root;
  const event = outcome?.failedEvent;
  if (event === undefined || AGENT_EVENTS.has(event)) return undefined;
  const root = scriptsRoot({ event, specification, layout });
  return root !== undefined && existsSync(deploymentPaths(root).archive) ? root : undefined;
}

/** Writes `outcome.json` into the deployment's folder, where there is one. Throws errors of the disk. */
export function keepOutcome(
  { DeploymentGroupId, DeploymentId }: HookSpecification,
  layout: Layout,
  outcome: RunOutcome,
): void {
  const { root } = layout.deployment(DeploymentGroupId, DeploymentId);
  // A host that never had the revision has nothing to undo.
  if (!existsSync(root)) return;
  const path = outcomePath(root);
  writeFileSync(`${path}.new`, JSON.stringify(outcome));
  renameSync(`${path}.new`, path);
}

/** Undefined when it was never kept, or by another agent. */
function readOutcome(root: string): RunOutcome | undefined {
  let text: string;
  try {
    text = readFileSync(outcomePath(root), "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return RunOutcome.parse(JSON.parse(text));
}

function outcomePath(root: string): string {
  return join(root, "outcome.json");
}
