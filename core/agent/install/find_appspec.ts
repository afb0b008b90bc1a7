/**
 * Finds and reads the AppSpec of an unpacked revision (spec 5.1).
 *
 * The given name, then appspec.yaml, then appspec.yml, for Install and hooks alike: CodeDeploy's
 * older agent looked for appspec.yaml in Install only, which made such bundles fail (trap 14).
 * @module
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type AppSpec, AppSpecError, parseAppSpec } from "../../domain/appspec.ts";
import { isMissing } from "../system_error.ts";

/** The revision has no AppSpec; `path` is where it was expected. */
export class AppSpecMissingError extends Error {
  override readonly name = "AppSpecMissingError";
  readonly path: string;
  constructor(directory: string, name: string) {
    const path = join(directory, name);
    super(
      "The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at " +
        `revision-relative path "${name}". The revision was unpacked to directory "${directory}", ` +
        `and the AppSpec file was expected but not found at path "${path}". ` +
        "Put appspec.yml at the root of the revision, push it and deploy again.",
    );
    this.path = path;
  }
}

export interface FoundAppSpec {
  readonly path: string;
  readonly text: string;
}

/** The AppSpec file in `directory`. Throws AppSpecMissingError. */
export function findAppSpec(directory: string, name: string): FoundAppSpec {
  for (const candidate of new Set([name, "appspec.yaml", "appspec.yml"])) {
    const path = join(directory, candidate);
    try {
      return { path, text: readFileSync(path, "utf8") };
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  throw new AppSpecMissingError(directory, name);
}

/** The last one parsed: every event of a deployment reads the same text again. */
let last: { path: string; text: string; appSpec: AppSpec } | undefined;

/** Finds and parses it. Throws AppSpecMissingError or AppSpecError. */
export function readAppSpec(directory: string, name: string): AppSpec {
  const { path, text } = findAppSpec(directory, name);
  if (last?.path === path && last.text === text) return last.appSpec;
  const appSpec = parseAppSpec(text, { path: basename(path), hostOs: "linux" });
  last = { path, text, appSpec };
  return appSpec;
}

/**
 * What a person should know of an AppSpec that is in order: hooks of unknown names, which CodeDeploy
 * ignores without a word, and values that agents understand differently. None of one that cannot be
 * read: it fails the event that needs it.
 */
export function appSpecWarnings(directory: string, name: string): string[] {
  try {
    return [...readAppSpec(directory, name).warnings];
  } catch (error) {
    if (error instanceof AppSpecError || error instanceof AppSpecMissingError) return [];
    throw error;
  }
}
