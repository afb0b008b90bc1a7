/** What the diagnostics of a failed lifecycle event say (spec 4.4), in few words. @module */
import { type Diagnostics, lifecycleErrorCode } from "./lifecycle_event.ts";

/** `exit code 7`, `timed out` …; empty where the agent's code says no more than that it failed. */
export function failureReason({ error_code, message }: Diagnostics): string {
  switch (lifecycleErrorCode(error_code)) {
    case "ScriptFailed": {
      // The exit code travels in the agent's sentence alone (agent source, ScriptFailed).
      const code = message.match(/exit code (\d+)/)?.[1];
      return code === undefined ? "failed" : `exit code ${code}`;
    }
    case "ScriptTimedOut":
      return "timed out";
    case "ScriptMissing":
      return "is not in the revision";
    case "ScriptNotExecutable":
      return "cannot be made executable";
    case "Success":
    case "UnknownError":
      return "";
  }
}

/** The lines that scripts printed, without the agent's headings and marks of the stream. */
export function printedLines(log: string): string[] {
  return log.split("\n")
    .filter((line) => !/^(LifecycleEvent|Script) - /.test(line))
    .map((line) => line.replace(/^\[std(out|err)\]/, ""))
    .filter((line) => line.trim() !== "");
}
