/**
 * The names of AWS's programs under which this one may be started, by a link to it.
 * @module
 */
import { basename } from "node:path";

/** The arguments as `runtime` takes them, from the name and arguments that the program was given. */
export function argumentsUnder(name: string, words: readonly string[]): string[] {
  if (basename(name) !== "codedeploy-local") return [...words];
  if (words.length === 1 && (words[0] === "-v" || words[0] === "--version")) return ["--version"];
  return ["agent", "run-local", ...words];
}
