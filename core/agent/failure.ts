/**
 * A failure of the agent's own commands as a person reads it: cause, evidence, state, next command,
 * and the exit code of the process (docs: the command line).
 * @module
 */
import process from "node:process";

export const EXIT = { done: 0, failed: 1, usage: 2, notAllowed: 7, unreachable: 8 } as const;

export interface FailureParts {
  exitCode: (typeof EXIT)[keyof typeof EXIT];
  cause: string;
  evidence: string;
  state: string;
  next: string;
}

export class AgentFailure extends Error {
  override readonly name = "AgentFailure";
  readonly parts: FailureParts;
  constructor(parts: FailureParts, options?: ErrorOptions) {
    super(parts.cause, options);
    this.parts = parts;
  }

  /** The four parts, one a line. */
  render(): string {
    const { cause, evidence, state, next } = this.parts;
    return `${cause}\n  evidence  ${evidence}\n  state     ${state}\n  next      ${next}\n`;
  }
}

/** Runs a command that answers the lines to print; answers its exit code, and tells its failure. */
export async function exitCodeOf(
  command: Promise<string[]>,
  print = (line: string): void => void process.stdout.write(`${line}\n`),
): Promise<FailureParts["exitCode"]> {
  try {
    for (const line of await command) print(line);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof AgentFailure)) throw error;
    process.stderr.write(error.render());
    return error.parts.exitCode;
  }
}
