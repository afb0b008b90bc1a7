/**
 * A lifecycle event whose work is scripts: whose revision's scripts, with what around them, and where
 * their output is kept (spec 4.2 to 4.4).
 * @module
 */
import { existsSync } from "node:fs";
import { type LifecycleEventName, scriptOrigin } from "../domain/lifecycle_event.ts";
import {
  type BreakPoint,
  runScripts,
  type ScriptLine,
  SCRIPTS_SUCCEEDED,
  type ScriptsEnd,
} from "../../hooks/host_script.ts";
import type { ProcessGroup } from "../../hooks/script_process.ts";
import { DEPLOYMENTS_LOG_ROTATION, EntryLog, localTime, localTimeMs } from "./entry_log.ts";
import { hookEnvironment, type HookSpecification } from "./hook_environment.ts";
import { type EventEnd, type RebootWanted, unknownError } from "./host.ts";
import { readAppSpec } from "./install/find_appspec.ts";
import { deploymentPaths, type Layout } from "./layout.ts";
import { readPointer } from "./pointer_file.ts";
import { startAs } from "./script_user.ts";

export interface ScriptEventInput {
  readonly event: LifecycleEventName;
  readonly specification: HookSpecification;
  readonly layout: Layout;
  readonly onLine: (line: Omit<ScriptLine, "script" | "stream"> & EventStream) => void;
  readonly onSpawn?: (group: ProcessGroup) => void;
  readonly signal?: AbortSignal;
  /** Where the event goes on after a restart of the machine in its middle. */
  readonly from?: BreakPoint;
}

/** `agent` lines are the agent's own remarks. */
interface EventStream {
  readonly stream: ScriptLine["stream"] | "agent";
}

/** Runs the event. Never throws: whatever is not a script's failure is code 5 with its message. */
export async function runScriptEvent(input: ScriptEventInput): Promise<EventEnd | RebootWanted> {
  try {
    const selected = scriptsOf(input);
    if (!selected) return SCRIPTS_SUCCEEDED;
    const { archive, scripts } = selected;
    const end = await runLogged(input, (onEntry) =>
      runScripts({
        ...input,
        scripts,
        archiveDir: archive,
        environment: hookEnvironment(input.event, input.specification),
        startAs,
        onEntry,
      }));
    if (end.kind === "reboot") return { reboot: { script: end.script, ...end.at } };
    const { diagnostics, exitCode } = end;
    return exitCode === undefined ? diagnostics : { ...diagnostics, exitCode };
  } catch (error) {
    return unknownError(error instanceof Error ? error.message : String(error));
  }
}

type EventPlace = Pick<ScriptEventInput, "event" | "specification" | "layout">;

/** The scripts an event runs and where they lie; undefined when there are none. Throws AppSpec errors. */
export function scriptsOf(input: EventPlace) {
  const root = scriptsRoot(input);
  if (root === undefined) return undefined;
  const { archive } = deploymentPaths(root);
  const scripts = readAppSpec(archive, input.specification.AppSpecFilename).hooks.get(input.event);
  return scripts && scripts.length > 0 ? { archive, scripts } : undefined;
}

/**
 * The folder of the deployment whose scripts the event runs (spec 4.2); undefined when there was none
 * before this one. Once the current archive is unpacked, it is the current one for every event.
 */
export function scriptsRoot({ event, specification, layout }: EventPlace): string | undefined {
  const { DeploymentGroupId: groupId, DeploymentId, DeploymentCreator, DeploymentType } =
    specification;
  const current = layout.deployment(groupId, DeploymentId);
  const isRollback = DeploymentCreator === "codeDeployRollback" && DeploymentType === "BLUE_GREEN";
  const origin = scriptOrigin(event, isRollback);
  if (origin === "current" || existsSync(current.archive)) return current.root;
  return readPointer(
    origin === "lastSuccessful"
      ? layout.lastSuccessfulInstall(groupId)
      : layout.mostRecentInstall(groupId),
  );
}

/** Both logs belong to the current deployment, whoever's scripts run. */
export async function runLogged(
  { specification, layout, onLine }: Pick<ScriptEventInput, "specification" | "layout" | "onLine">,
  run: (onEntry: (entry: string) => void) => Promise<ScriptsEnd>,
): Promise<ScriptsEnd> {
  const { DeploymentGroupId, DeploymentId } = specification;
  const { scriptsLog } = layout.deployment(DeploymentGroupId, DeploymentId);
  const own = new EntryLog(scriptsLog, DEPLOYMENTS_LOG_ROTATION);
  const all = layout.deploymentsLog === undefined
    ? undefined
    : new EntryLog(layout.deploymentsLog, DEPLOYMENTS_LOG_ROTATION);
  try {
    return await run((entry) => {
      const now = new Date();
      own.write(`${localTime(now)} ${entry}`);
      all?.write(`[${localTimeMs(now)}] [${DeploymentId}]${entry}`);
    });
  } finally {
    for (const failure of [own.close(), all?.close()]) {
      // A full disk must not turn a good deployment into a failed one, but somebody has to know.
      if (failure) {
        const text = `The scripts' output could not be logged: ${failure.message}`;
        onLine({ stream: "agent", at: Date.now(), text });
      }
    }
  }
}
