/** Failures about the agent's configuration files; every complaint names the file. @module */
import { readFile } from "node:fs/promises";
import { AgentFailure, EXIT } from "./failure.ts";
import { systemErrorCode } from "./system_error.ts";

const JOIN_COMMAND = "runtime agent join URL --token TOKEN --name NAME";

/** A file that is there but does not say what it must. */
export function badFile(file: string, evidence: string): AgentFailure {
  return new AgentFailure({
    exitCode: EXIT.usage,
    cause: `The agent's configuration ${file} is not valid`,
    evidence,
    state: "the agent has not started",
    next: `correct ${file}, or remove it and join again: ${JOIN_COMMAND}`,
  });
}

/** The file's text. Throws AgentFailure that says how to get the file. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new AgentFailure({
      exitCode: EXIT.usage,
      cause: systemErrorCode(cause) === "ENOENT"
        ? `This host has not joined a server: ${file} is missing`
        : `The agent's configuration ${file} cannot be read`,
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "the agent has not started",
      next: `${JOIN_COMMAND}, or name the file: runtime agent --config FILE`,
    }, { cause });
  }
}
