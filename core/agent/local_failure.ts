/**
 * What went wrong with a command of the agent that the command line prints: cause, evidence, state,
 * next command. Nothing is written to the streams here.
 * @module
 */
import { AgentFailure, EXIT } from "./failure.ts";

/** As the command line renders it, or hands it to programs. */
export interface FailureReport {
  exitCode: number;
  cause: string;
  evidence: readonly string[];
  state: string;
  next: readonly string[];
}

const NOTHING_DONE = "nothing was done";

/** Input that cannot be used; nothing has been touched yet. */
export function badLocalInput(cause: string, evidence: string, next: string): AgentFailure {
  return new AgentFailure({ exitCode: EXIT.usage, cause, evidence, state: NOTHING_DONE, next });
}

/** The report of an AgentFailure; any other error is thrown on. */
export function reportOf(error: unknown): FailureReport {
  if (!(error instanceof AgentFailure)) throw error;
  const { exitCode, cause, evidence, next } = error.parts;
  return { exitCode, cause, evidence: [evidence], state: NOTHING_DONE, next: [next] };
}
