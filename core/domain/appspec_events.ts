/**
 * The names below an AppSpec's `hooks` beside those a deployment may have (spec 5.2, 12.3): a server
 * that sends AllPossibleLifecycleEvents wants unknown names refused, one that does not has them
 * ignored.
 * @module
 */
import type { AppSpec } from "./appspec.ts";

/** Names that none of `possible` matches, in the order of the file; events that are known first. */
export function unknownEvents(
  { hooks, ignoredHooks }: Pick<AppSpec, "hooks" | "ignoredHooks">,
  possible: readonly string[],
): string[] {
  return [...hooks.keys(), ...ignoredHooks].filter((name) => !possible.includes(name));
}

/** The refusal of CodeDeploy's agent (spec 5.6), and what may be done about it. */
export function unknownEventsSentence(
  file: string,
  unknown: readonly string[],
  possible: readonly string[],
): string {
  return `${file} file contains unknown lifecycle events: [${unknown.join(", ")}]. ` +
    `The server allows ${
      possible.join(", ")
    }. Rename or remove them below hooks, and then try again.`;
}
