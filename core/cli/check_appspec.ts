/**
 * Reads a folder's AppSpec before the folder is packed: a mistake that would fail every host is told
 * here, with its line, while nothing has been uploaded.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type AppSpec, AppSpecError, parseAppSpec } from "../domain/appspec.ts";
import { usageFailure } from "./failure.ts";

/** Sentences of what is allowed and will probably fail. Throws a usage failure for what cannot work. */
export function checkAppSpec(path: string): string[] {
  const appSpec = readAppSpec(path);
  const folder = join(path, "..");
  const missing: string[] = [];
  const ask = (what: string, location: string) => {
    if (!existsSync(join(folder, location))) {
      missing.push(`${what} ${location} is not in ${folder}`);
    }
  };
  for (const { source } of appSpec.files) ask("the source", source);
  for (const [event, scripts] of appSpec.hooks) {
    for (const { location } of scripts) ask(`the script of ${event},`, location);
  }
  return [...missing, ...appSpec.warnings];
}

function readAppSpec(path: string): AppSpec {
  try {
    return parseAppSpec(readFileSync(path, "utf8"), { path: basename(path), hostOs: "linux" });
  } catch (cause) {
    if (!(cause instanceof AppSpecError)) throw cause;
    throw usageFailure(`${path}:${cause.line}:${cause.column} is not a valid AppSpec`, [
      cause.message,
    ], [`correct line ${cause.line} of ${path}`]);
  }
}
