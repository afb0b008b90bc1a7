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
import { scriptCommand } from "./script_command.ts";
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
  readonly onLine: (line: ScriptLine) => void;
  /** Every entry of the log as CodeDeploy's log files hold it, its line break included. */
  readonly onEntry?: (entry: string) => void;
  /** A script runs, as the leader of this process group. */
  readonly onSpawn?: (group: ProcessGroup) => void;
  /** Ends the running script and the event. */
  readonly signal?: AbortSignal;
}

/** Why a script did not succeed. */
interface Failure {
  readonly code: 1 | 2 | 3 | 4 | 5 | 6;
  readonly message: string;
}

/** The answer of an event whose scripts all succeeded, or that has none. */
export const SCRIPTS_SUCCEEDED: Diagnostics = {
  error_code: 0,
  script_name: "",
  message: "Succeeded",
  log: "",
};

/** Never throws for what a script does: a failure is in the answer. */
export async function runScripts(input: RunScriptsInput): Promise<Diagnostics> {
  const tail = new LogTail();
  function log(entry: string): void {
    tail.append(entry);
    input.onEntry?.(entry);
  }
  log(`LifecycleEvent - ${input.event}\n`);
  for (const script of input.scripts) {
    const failure = await runScript(script, input, log);
    if (failure) {
      const { code, message } = failure;
      return { error_code: code, script_name: script.location, message, log: tail.text };
    }
  }
  return SCRIPTS_SUCCEEDED;
}

async function runScript(
  script: Script,
  input: RunScriptsInput,
  log: (entry: string) => void,
): Promise<Failure | undefined> {
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
  log(`Script - ${script.location}\n`);
  const outcome = await runProcess({
    command: scriptCommand(script, path),
    environment: input.environment,
    timeoutSeconds: script.timeoutSeconds,
    onLine,
    onSpawn: input.onSpawn,
    signal: input.signal,
  });
  return failureOf(outcome, script, path, input.signal);
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
      return { code: 4, message: `${prefix}${user}failed with exit code ${outcome.code}` };
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
