/**
 * Runs the scripts of one lifecycle event on a host, in the order of the AppSpec; the first failure
 * ends the event (spec 4.3). Codes and messages are those of CodeDeploy's agent. Two things go
 * further: a script that ignores TERM at its deadline is killed, with all it has started, and a path
 * may hold blanks.
 * @module
 */
import { accessSync, chmodSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Script } from "../core/domain/appspec.ts";
import type { Diagnostics } from "../core/domain/lifecycle_event.ts";
import { LogTail } from "./log_tail.ts";
import { scriptCommand, type StartAs, userStart } from "./script_command.ts";
import {
  type Outcome,
  type OutputStream,
  type ProcessGroup,
  runProcess,
} from "./script_process.ts";

/** A line a script printed, or one about it. */
export interface ScriptLine {
  readonly stream: OutputStream;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The script's location. */
  readonly script: string;
}

export interface RunScriptsInput {
  /** The event's name, for the log. */
  readonly event: string;
  readonly scripts: readonly Script[];
  /** The unpacked revision that the scripts' locations start from. */
  readonly archiveDir: string;
  /** Added to the environment of this process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly startAs: StartAs;
  readonly onLine: (line: ScriptLine) => void;
  /** Every entry of the log as CodeDeploy's log files hold it, its line break included. */
  readonly onEntry?: (entry: string) => void;
  /** A script runs, as the leader of this process group. */
  readonly onSpawn?: (group: ProcessGroup) => void;
  /** Ends the running script and the event. */
  readonly signal?: AbortSignal;
  /** Where an event goes on that was broken off for a restart of the machine. */
  readonly from?: BreakPoint;
}

/** Between two scripts of an event, or after its last one. */
export interface BreakPoint {
  /** Index of the script to go on with. */
  readonly next: number;
  /** The end of the output so far. */
  readonly log: string;
}

export type ScriptsEnd =
  | { readonly kind: "ended"; readonly diagnostics: Diagnostics; readonly exitCode?: number }
  /** The scripts go on from `at` when the machine has been restarted; `script` wanted it. */
  | { readonly kind: "reboot"; readonly script: string; readonly at: BreakPoint };

/** The exit code by which a script asks for a restart (AWS Systems Manager has the same). */
export const REBOOT_EXIT_CODE = 194;

/** Why a script did not succeed. */
interface Failure {
  readonly code: 1 | 2 | 3 | 4 | 5 | 6;
  readonly message: string;
  readonly exitCode?: number;
}

/** The answer of an event whose scripts all succeeded, or that has none. */
export const SCRIPTS_SUCCEEDED: Diagnostics = {
  error_code: 0,
  script_name: "",
  message: "Succeeded",
  log: "",
};

/** Never throws for what a script does: a failure is in the answer. */
export async function runScripts(input: RunScriptsInput): Promise<ScriptsEnd> {
  const { scripts, from } = input;
  const tail = new LogTail();
  function log(entry: string): void {
    tail.append(entry);
    input.onEntry?.(entry);
  }
  if (from) { for (const entry of from.log.split(/(?<=\n)/)) tail.append(entry); }
  else log(`LifecycleEvent - ${input.event}\n`);
  for (const [index, script] of scripts.entries()) {
    if (index < (from?.next ?? 0)) continue;
    const end = await runScript(script, input, log);
    if (end === "reboot") {
      const at = { next: index + 1, log: tail.text };
      return { kind: "reboot", script: script.location, at };
    }
    if (end !== "succeeded") return ended(script, end, tail.text);
  }
  return { kind: "ended", diagnostics: SCRIPTS_SUCCEEDED };
}

function ended(
  { location }: Script,
  { code, message, exitCode }: Failure,
  log: string,
): ScriptsEnd {
  const diagnostics = { error_code: code, script_name: location, message, log };
  return { kind: "ended", diagnostics, ...(exitCode !== undefined && { exitCode }) };
}

async function runScript(
  script: Script,
  input: RunScriptsInput,
  log: (entry: string) => void,
): Promise<Failure | "succeeded" | "reboot"> {
  const path = join(input.archiveDir, script.location);
  function onLine(stream: OutputStream, text: string): void {
    log(`[${stream}]${text}\n`);
    input.onLine({ stream, text, at: Date.now(), script: script.location });
  }
  if (!isFile(path)) {
    return { code: 1, message: `Script does not exist at specified location: ${path}` };
  }
  const unusable = makeExecutable(path, script, (text) => onLine("stderr", text));
  if (unusable) return unusable;
  const user = userStart(script, input.startAs);
  if ("refusal" in user) return refused(script, input, user.refusal);
  log(`Script - ${script.location}\n`);
  const outcome = await runProcess({
    command: scriptCommand(script, path, user.before),
    environment: { ...input.environment, ...user.environment },
    ids: user.ids,
    timeoutSeconds: script.timeoutSeconds,
    onLine,
    onSpawn: input.onSpawn,
    signal: input.signal,
  });
  if (wantsReboot(outcome, script)) return "reboot";
  return failureOf(outcome, script, path, input.signal) ?? "succeeded";
}

function wantsReboot(outcome: Outcome, { reboot }: Script): boolean {
  if (outcome.kind !== "exited" || reboot === undefined) return false;
  return outcome.code === (reboot === "always" ? 0 : REBOOT_EXIT_CODE);
}

function refused(script: Script, { event, scripts }: RunScriptsInput, why: string): Failure {
  const key = `hooks.${event}[${scripts.indexOf(script)}].runas`;
  const start = `Script at specified location: ${script.location} was not run as user `;
  return { code: 5, message: `${start}${script.runas} (${key} of the AppSpec): ${why}` };
}

function makeExecutable(
  path: string,
  { location }: Script,
  warn: (text: string) => void,
): Failure | undefined {
  if (isExecutable(path)) return undefined;
  warn(
    `Script at specified location: ${location} is not executable.  Trying to make it executable.`,
  );
  try {
    chmodSync(path, (statSync(path).mode & 0o7777) | 0o111);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Unable to set script at specified location: ${location} as executable`;
    return { code: 2, message: `${message} (${reason})` };
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    if (hasCode(error, ["ENOENT", "ENOTDIR", "ELOOP"])) return false;
    throw error;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (hasCode(error, ["EACCES"])) return false;
    throw error;
  }
}

function hasCode(error: unknown, codes: readonly unknown[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(error.code);
}

function failureOf(
  outcome: Outcome,
  script: Script,
  path: string,
  signal: AbortSignal | undefined,
): Failure | undefined {
  const prefix = `Script at specified location: ${script.location} `;
  const user = script.runas === undefined ? "" : `run as user ${script.runas} `;
  switch (outcome.kind) {
    case "exited": {
      if (outcome.code === 0) return undefined;
      const { code: exitCode } = outcome;
      return { code: 4, message: `${prefix}${user}failed with exit code ${exitCode}`, exitCode };
    }
    case "killed": // CodeDeploy leaves the code blank; the signal says what happened.
      return { code: 4, message: `${prefix}${user}failed with exit code (${outcome.signal})` };
    case "timedOut": {
      const seconds = script.timeoutSeconds;
      return { code: 3, message: `${prefix}failed to complete in ${seconds} seconds` };
    }
    case "leftOpen":
      return { code: 6, message: `${prefix}failed to close ${outcome.stream.toUpperCase()}` };
    case "aborted":
      return { code: 5, message: `${prefix}was ended before it had finished: ${signal?.reason}` };
    case "notStarted": {
      const isAlone = script.runas === undefined && !script.sudo;
      const hint = isAlone ? interpreterHint(path) : "";
      return { code: 5, message: `${prefix}could not be started: ${outcome.error.message}${hint}` };
    }
  }
}

/** The kernel reports a missing interpreter as a missing script, so the message names it. */
function interpreterHint(path: string): string {
  const interpreter = /^#!\s*(\S+)(\r?)/.exec(firstBytes(path));
  if (!interpreter) return "";
  const [, program, carriageReturn] = interpreter;
  const endings = carriageReturn ? "; its lines end in CR LF, save it with LF alone" : "";
  return ` (its first line asks for ${program}${endings})`;
}

function firstBytes(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(256);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}
