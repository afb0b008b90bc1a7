/**
 * The names of AWS's programs under which this one may be started, by a link to it.
 * @module
 */
import { basename } from "node:path";
import { LAUNCH_VERB } from "../platform/launch_words.ts";

/** Words with which the program starts itself, whatever its file is called. */
const OWN: ReadonlySet<string | undefined> = new Set([LAUNCH_VERB, "agent"]);

/** The arguments as `runtime` takes them, from the name and arguments that the program was given. */
export function argumentsUnder(name: string, words: readonly string[]): string[] {
  const program = basename(name);
  if (OWN.has(words[0])) return [...words];
  if (program === "codedeploy-local") return ["agent", "run-local", ...words];
  if (program !== "codedeploy-agent") return [...words];
  const [first, ...rest] = words;
  if (first === "-v" || first === "--version") return ["--version"];
  if (first === "deploy-local") return ["agent", "run-local", ...rest];
  if (first === undefined || first === "help") return ["codedeploy-agent", "--help"];
  return ["codedeploy-agent", ...words];
}
