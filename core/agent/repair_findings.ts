/**
 * What is wrong with the agent's own files and how each is mended, from a view of the disk. Pure: the
 * view is taken, and the mending done, in `repair.ts`.
 * @module
 */
import { basename } from "node:path";
import { counted } from "./counted.ts";
import { CONTEXT_PREFIX } from "./install/cleanup.ts";
import type { Rebuilt } from "./install/rebuilt_list.ts";

/** What a list can be made from: a file of ours, whose name it has, or why there is none. */
export type ListSource =
  | ({ readonly from: string; readonly isWhole: boolean } & Rebuilt)
  | { readonly missing: string };

export interface PointerView {
  readonly path: string;
  readonly target: string;
  readonly isThere: boolean;
}

/** One group below the root. */
export interface GroupView {
  readonly groupId: string;
  /** Of an Install that is under way or was cut off. */
  readonly journal?: string;
  readonly listPath: string;
  /** Undefined when there is no list. */
  readonly listText: string | undefined;
  readonly source: ListSource;
  readonly pointers: readonly PointerView[];
  /** Deployment folders whose archive is whole, the newest first. */
  readonly complete: readonly string[];
  /** What a process that was killed left behind, with what it is. */
  readonly leftovers: readonly { readonly path: string; readonly what: string }[];
}

export type Mend =
  | { readonly kind: "write"; readonly lines: readonly string[] }
  | { readonly kind: "point"; readonly to: string }
  | { readonly kind: "remove" };

export interface Finding {
  readonly groupId: string;
  readonly path: string;
  readonly problem: string;
  /** How it is mended, in words. */
  readonly advice: string;
  /** Undefined for what this host has nothing to mend with. */
  readonly mend?: Mend;
}

export interface Untouched {
  readonly groupId: string;
  readonly path: string;
  readonly why: string;
}

export interface Findings {
  readonly findings: readonly Finding[];
  readonly untouched: readonly Untouched[];
}

/** Lists before pointers before leftovers, group by group. */
export function findingsOf(groups: readonly GroupView[]): Findings {
  const findings: Finding[] = [];
  const untouched: Untouched[] = [];
  for (const group of groups) {
    const { groupId, journal } = group;
    if (journal !== undefined) {
      const why = "an Install was cut off or is under way; the agent, or the group's next " +
        "deployment, finishes it";
      untouched.push({ groupId, path: journal, why });
      continue;
    }
    const list = listFinding(group);
    if (list) findings.push(list);
    findings.push(...pointerFindings(group));
    for (const { path, what } of group.leftovers) {
      findings.push({
        ...{ groupId, path, problem: `is ${what} that nobody finishes` },
        ...{ advice: "remove it", mend: { kind: "remove" } },
      });
    }
  }
  return { findings, untouched };
}

function listFinding(group: GroupView): Finding | undefined {
  const { groupId, listPath: path, listText, source } = group;
  const problem = listText === undefined ? missing(source) : damage(listText, source);
  if (problem === undefined) return undefined;
  if ("missing" in source) {
    const advice = `${source.missing}: remove what the group installed by hand, then this file`;
    return { groupId, path, problem, advice };
  }
  const { from, lines, files, known } = source;
  const advice = `rebuild it from ${from}: ${counted(lines.length, "path")}, ` +
    `${files} of ${counted(known, "file")} found`;
  return { groupId, path, problem, advice, mend: { kind: "write", lines } };
}

/**
 * A refused deployment takes the files away and the list with them (CodeDeploy's order of things),
 * so a list is missed only while something of the group is there.
 */
function missing(source: ListSource): string | undefined {
  if ("missing" in source) return undefined;
  const isThere = source.files > 0 || (source.known === 0 && source.lines.length > 0);
  return isThere ? "is missing, though what it should name is installed" : undefined;
}

function damage(text: string, source: ListSource): string | undefined {
  if (text !== "" && !text.endsWith("\n")) return "is damaged: its last line is torn";
  const lines = text.split("\n").slice(0, -1);
  const bad = lines.findIndex((line) => !isListLine(line));
  if (bad !== -1) return `is damaged: line ${bad + 1} is no path`;
  // After an Install that failed the list has less than install.json, and rightly so.
  if ("missing" in source || !source.isWhole) return undefined;
  const named = new Set(lines);
  const lost = source.lines.filter((line) => !named.has(line));
  if (lost.length === 0) return undefined;
  return `is damaged: it leaves out ${counted(lost.length, "path")}, ${lost[0]} the first`;
}

function isListLine(line: string): boolean {
  const path = line.startsWith(CONTEXT_PREFIX) ? line.slice(CONTEXT_PREFIX.length) : line;
  return path.startsWith("/") && !path.includes("\0");
}

function pointerFindings({ groupId, pointers, complete }: GroupView): Finding[] {
  const [to] = complete;
  return pointers.filter(({ isThere }) => !isThere).map(({ path, target }) => {
    const about = { groupId, path, problem: `names ${target}, which is gone` };
    if (to === undefined) {
      return { ...about, advice: "remove it", mend: { kind: "remove" } as const };
    }
    return { ...about, advice: `name ${basename(to)}`, mend: { kind: "point", to } as const };
  });
}
