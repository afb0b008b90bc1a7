/**
 * What the agent starts in order to run a script as another user: a process that becomes the script,
 * so that number, process group and outputs are the script's own.
 * @module
 */
import process from "node:process";
import { becomeProgram, type Program } from "../platform/become_program.ts";
import { readLaunchWords } from "../platform/launch_words.ts";

/** Shells answer this for a command that is there and cannot be run. */
const CANNOT_RUN = 126;
const USAGE = 2;

/** Answers an exit code, and only if the process could not become the program. */
export function launch(words: readonly string[]): number {
  const program = readLaunchWords(words);
  if (!program) {
    process.stderr.write("The agent alone starts this; see: runtime help agent\n");
    return USAGE;
  }
  process.stderr.write(`${program.path} was not run: ${failureToBecome(program)}\n`);
  return CANNOT_RUN;
}

function failureToBecome(program: Program): string {
  try {
    return becomeProgram(program);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
