/** The agent's configuration where a command can also do without one. @module */
import { accessSync, constants } from "node:fs";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";

/** The file that was given, else the usual one if this user can read it. */
export function configOr(
  given: string | undefined,
  usual = DEFAULT_AGENT_CONFIG,
): string | undefined {
  if (given !== undefined) return given;
  try {
    accessSync(usual, constants.R_OK);
    return usual;
  } catch {
    return undefined; // because neither a host that has not joined nor a user without rights needs it
  }
}
