/**
 * What is known of a group's last Install, or of one that was cut off: the paths it left, and which
 * of them may have an access list or an SELinux label. Such a file is made anew: a fresh copy has
 * neither, and chmod does not take them away.
 * @module
 */
import { lstatSync, readFileSync } from "node:fs";
import { z } from "zod";
import { installJournalPath, installJsonPath, lastSuccessfulInstallPath } from "../layout.ts";
import { isMissing } from "../system_error.ts";
import { parseCleanup, type Removals } from "./cleanup.ts";
import { CleanupList } from "./cleanup_list.ts";
import { type Begin, readBegin } from "./install_journal.ts";
import { Leftovers } from "./leftovers.ts";

/** The part of install.json that is read again. */
const Recorded = z.object({
  instructions: z.array(z.object({ type: z.string(), file: z.string().optional() })),
});

export interface LastInstall {
  readonly list: CleanupList;
  readonly removals: Removals;
  readonly leftovers: Leftovers;
  /** Of an Install that was cut off. */
  readonly interrupted: Begin | "damaged" | undefined;
  /** Paths with access lists or labels; undefined when it is not known. */
  readonly labelled: ReadonlySet<string> | undefined;
  /** Milliseconds since the epoch; 0 when there was none. */
  readonly endedAt: number;
}

/** Changes nothing. `list` is the group's cleanup list, of which `isLeft` says what it is about. */
export function readLastInstall(
  instructionsDir: string,
  groupId: string,
  list: CleanupList,
  isLeft: (path: string) => boolean,
): LastInstall {
  const { paths, contexts } = parseCleanup(list.text);
  const removals = { contexts, paths: paths.filter(isLeft) };
  const interrupted = readBegin(installJournalPath(instructionsDir, groupId));
  const pointer = lastSuccessfulInstallPath(instructionsDir, groupId);
  return {
    list,
    removals,
    leftovers: new Leftovers(removals.paths),
    interrupted,
    labelled: list.exists || interrupted
      ? labelled(installJsonPath(instructionsDir, groupId), interrupted)
      : new Set(),
    endedAt: lstatSync(pointer, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  };
}

/** The journal names all paths that had labels before, or were to have. */
function labelled(
  jsonPath: string,
  interrupted: Begin | "damaged" | undefined,
): Set<string> | undefined {
  if (interrupted === "damaged") return undefined;
  if (interrupted) return new Set(interrupted.labelled);
  let text: string;
  try {
    text = readFileSync(jsonPath, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  // Most Installs give no labels; then there is no need to read a long file into objects.
  return /"(?:setfacl|semanage)"/.test(text) ? labelledIn(text) : new Set();
}

function labelledIn(text: string): Set<string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const recorded = Recorded.safeParse(value);
  if (!recorded.success) return undefined;
  const paths = new Set<string>();
  for (const { type, file } of recorded.data.instructions) {
    if (file !== undefined && (type === "setfacl" || type === "semanage")) paths.add(file);
  }
  return paths;
}
