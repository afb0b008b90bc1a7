/**
 * A failed event of a local run as a person reads it: where in the AppSpec, or which script, with
 * its last lines.
 * @module
 */
import { basename, join } from "node:path";
import { AppSpecError } from "../domain/appspec.ts";
import {
  type Diagnostics,
  type LifecycleEventName,
  scriptOrigin,
} from "../domain/lifecycle_event.ts";
import { EXIT } from "./failure.ts";
import { AppSpecMissingError, findAppSpec, readAppSpec } from "./install/find_appspec.ts";
import type { DeploymentPaths } from "./layout.ts";
import type { LocalBundle } from "./local_bundle.ts";
import type { FailureReport } from "./local_failure.ts";

/** Lines of output shown of the failed script. */
const SHOWN_LINES = 5;
/** Ctrl-C, as shells count it. */
const INTERRUPTED = 130;

export interface FailedEvent {
  deploymentId: string;
  event: LifecycleEventName;
  diagnostics: Diagnostics;
  notRun: readonly LifecycleEventName[];
  paths: DeploymentPaths;
  bundle: LocalBundle;
  appSpecFilename: string;
  /** `denied`: the system did not let this user. */
  ended: "failed" | "denied" | "interrupted";
}

/** The report of a run that ended with this event. */
export function failedEvent(failed: FailedEvent): FailureReport {
  const { deploymentId, event, diagnostics } = failed;
  const interrupted = failed.ended === "interrupted";
  const place = diagnostics.error_code === 5 ? appSpecPlace(failed) : undefined;
  const what = [event, diagnostics.script_name].filter((part) => part !== "").join(" ");
  return {
    exitCode: interrupted ? INTERRUPTED : EXIT.failed,
    cause: place === undefined
      ? `${deploymentId} ${interrupted ? "was interrupted in" : "failed:"} ${what}`
      : `${deploymentId} failed: ${event}: the AppSpec has a mistake`,
    evidence: [
      ...(place === undefined ? [] : [place]),
      diagnostics.message,
      ...outputOf(diagnostics).map((line) => `${event} | ${line}`),
    ],
    state: stateOf(failed),
    next: nextOf(failed, place),
  };
}

/** `file:line:column` of a mistake in the AppSpec, in the file that a person would correct. */
function appSpecPlace({ paths, bundle, appSpecFilename }: FailedEvent): string | undefined {
  try {
    readAppSpec(paths.archive, appSpecFilename);
    return undefined;
  } catch (error) {
    if (error instanceof AppSpecMissingError) return undefined;
    if (!(error instanceof AppSpecError)) throw error;
    const { path } = findAppSpec(paths.archive, appSpecFilename);
    const file = bundle.type === "directory"
      ? join(bundle.path, path.slice(paths.archive.length))
      : `${bundle.path}, ${basename(path)}`;
    return `${file}:${error.line}:${error.column}`;
  }
}

function outputOf({ log }: Diagnostics): string[] {
  return log.split("\n")
    .filter((line) => /^\[std(out|err)\]/.test(line))
    .map((line) => line.replace(/^\[std(out|err)\]/, ""))
    .slice(-SHOWN_LINES);
}

function stateOf({ notRun, paths }: FailedEvent): string {
  const rest = notRun.length === 0 ? "it was the last event" : `not run: ${notRun.join(", ")}`;
  return `${rest}; the revision is in ${paths.root}`;
}

function nextOf(
  { event, diagnostics, notRun, paths, ended }: FailedEvent,
  place: string | undefined,
): string[] {
  if (ended === "interrupted") return ["run the same command again"];
  if (ended === "denied") {
    return ["install below a folder of your own: --install-root DIR", "or run it as root"];
  }
  if (place !== undefined) return ["correct that line, then run the same command again"];
  if (diagnostics.script_name === "") return ["correct it, then run the same command again"];
  const next = [`cat ${paths.scriptsLog}`, "correct the script, then run the same command again"];
  // The script of an installed revision cannot be corrected by changing this one.
  if (scriptOrigin(event, false) === "lastSuccessful" && notRun.length > 0) {
    next.push(`or leave out the last revision's script: --events ${notRun.join(",")}`);
  }
  return next;
}
