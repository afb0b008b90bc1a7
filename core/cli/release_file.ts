/**
 * The file of `runtime release`: deployments by name, what each needs, and what becomes of a failure.
 * A fault names file, line, column and the member. Pure.
 * @module
 */
import { z } from "zod";
import { FileExistsBehavior } from "../domain/deployment.ts";
import { Name } from "../domain/name.ts";
import { entryFaults, OnFailure, RELEASE_ENTRY_LIMIT } from "../domain/release.ts";
import type { RevisionLocation } from "../domain/revision.ts";
import { readRevision } from "./revision_argument.ts";
import { parseYamlFile } from "./yaml_file.ts";

/** YAML reads 2.4 as a number, and 2.40 as the same one. */
const ReleaseName = z.string("a text is wanted; put a number in quotes").pipe(Name);

/** A folder or bundle to push, relative to the file, or a revision that is somewhere already. */
export type Source = { kind: "path"; path: string } | {
  kind: "revision";
  revision: RevisionLocation;
};

const RevisionText = z.string("a text is wanted").transform((text, context): Source => {
  if (/^\.{0,2}\//.test(text) || text === "." || text === "..") return { kind: "path", path: text };
  const revision = readRevision(text);
  if (typeof revision !== "string") return { kind: "revision", revision };
  context.addIssue(`${revision}; a path begins with ./ or /`);
  return z.NEVER;
});

const Entry = z.strictObject({
  application: Name,
  group: Name,
  revision: RevisionText,
  config: Name.optional(),
  fileExists: z.string().toUpperCase().pipe(FileExistsBehavior).optional(),
  needs: z.array(Name).default([]),
});
export type FileEntry = z.output<typeof Entry>;

const ReleaseFile = z.strictObject({
  release: ReleaseName,
  deployments: z.record(Name, Entry).superRefine((deployments, context) => {
    const named = Object.entries(deployments);
    if (named.length === 0 || named.length > RELEASE_ENTRY_LIMIT) {
      context.addIssue(`1 to ${RELEASE_ENTRY_LIMIT} deployments are wanted`);
    }
    const wired = named.map(([name, { application, group, needs }]) => ({
      name,
      applicationName: application,
      deploymentGroupName: group,
      needs,
    }));
    for (const { entry, member, at, message } of entryFaults(wired)) {
      const path = [named[entry]?.[0] ?? "", member, ...(at === undefined ? [] : [at])];
      context.addIssue({ code: "custom", path, message });
    }
  }),
  onFailure: OnFailure.default("rollback"),
});
export type ReleaseFile = z.output<typeof ReleaseFile>;

/** Parses the text of `file`. Throws a usage failure that lists every fault with its place. */
export function parseReleaseFile(file: string, text: string): ReleaseFile {
  return parseYamlFile(file, text, ReleaseFile, "release it again").content;
}
