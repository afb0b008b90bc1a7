/**
 * The names of AWS's programs under which this one may be started, by a link to it.
 * @module
 */
import { basename } from "node:path";

/** The arguments as `runtime` takes them, from the name and arguments that the program was given. */
export function argumentsUnder(name: string, words: readonly string[]): string[] {
  const program = basename(name);
  // So the program starts its own agent, whatever its file is called.
  if (words[0] === "agent") return [...words];
  if (program === "codedeploy-local") return ["agent", "run-local", ...words];
  if (program !== "codedeploy-agent") return [...words];
  const [first, ...rest] = words;
  if (first === "-v" || first === "--version") return ["--version"];
  if (first === "deploy-local") return ["agent", "run-local", ...rest];
  if (first === undefined || first === "help") return ["codedeploy-agent", "--help"];
  return ["codedeploy-agent", ...words];
}
