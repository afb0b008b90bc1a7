/**
 * What the agent starts in order to run a script as another user: a process that becomes the script,
 * so that number, process group and outputs are the script's own.
 * @module
 */
import process from "node:process";
import { becomeProgram } from "../platform/become_program.ts";
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
  const reason = becomeProgram(program);
  process.stderr.write(`${program.path} was not run: ${reason}\n`);
  return CANNOT_RUN;
}
