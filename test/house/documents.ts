/** What can be wrong with the text files of the project. Pure: files in, complaints out. @module */
import { posix } from "node:path";

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** `[words](target)` and `[words]: target`, outside of code. */
const LINK = /\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+<?(\S+?)>?$/gm;

/** Relative links that lead nowhere; `exists` knows the files and folders, `headings` a page's. */
export function linkComplaints(
  pages: readonly TextFile[],
  exists: (path: string) => boolean,
): string[] {
  const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]));
  return pages.flatMap(({ path, text }) =>
    linksOf(text).flatMap(({ target, line }) => {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
      const [file = "", anchor] = decodeURI(target).split("#");
      const to = file === "" ? path : posix.join(posix.dirname(path), file);
      if (to.startsWith("..") || !exists(to)) {
        return [`${path}:${line}: links to ${target}, which is not there`];
      }
      if (anchor === undefined || !anchors.has(to) || anchors.get(to)?.has(anchor)) return [];
      return [`${path}:${line}: links to ${target}, but ${to} has no such heading`];
    })
  );
}

function linksOf(text: string): { target: string; line: number }[] {
  return [...prose(text).matchAll(LINK)].map((found) => ({
    target: found[1] ?? found[2] ?? "",
    line: text.slice(0, found.index).split("\n").length,
  }));
}

/** The anchors of a page's headings, as forges make them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...prose(text).matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "").replaceAll(/\s/g, "-")
  );
  return new Set(headings);
}

/** The text with its fenced code and comments emptied, every line where it was. */
function prose(text: string): string {
  return text.replaceAll(
    /^(```|~~~)[\s\S]*?^\1|<!--[\s\S]*?-->/gm,
    (code) => code.replaceAll(/[^\n]/g, " "),
  );
}

/** Decision records are numbered once, from 1, without a gap; the heading says the number too. */
export function decisionComplaints(records: readonly TextFile[]): string[] {
  const taken = new Map<number, string>();
  const faults = records.flatMap(({ path, text }) => {
    const number = Number(/\/(\d{3})-[a-z0-9-]+\.md$/.exec(path)?.[1] ?? NaN);
    if (Number.isNaN(number)) return [`${path}:1: is not named NNN-words.md`];
    const other = taken.get(number);
    taken.set(number, path);
    return [
      ...(other ? [`${path}:1: has the number of ${other}`] : []),
      ...(text.startsWith(`# ${number}. `)
        ? []
        : [`${path}:1: does not begin with "# ${number}. "`]),
    ];
  });
  const missing = [...taken.keys()].filter((number) => number > 1 && !taken.has(number - 1));
  return [
    ...faults,
    ...missing.map((number) => `${taken.get(number)}:1: ${number - 1} is missing`),
  ];
}

/**
 * Addresses that belong to one machine or one network. A registry's address would bind every clone
 * to it; a path of somebody's home directory works for nobody else.
 */
const LOCAL: readonly [what: string, pattern: RegExp][] = [
  [
    "a registry's address",
    /https?:\/\/[^\s"'`)]*(?:registry|npmjs|artifactory|nexus|verdaccio)\b/i,
  ],
  ["a registry's address", /\b(?:npm\.jsr\.io|registry\.[a-z0-9-]+\.[a-z]+)\b/i],
  ["a path of one machine", /(?<![\w.$}-])\/(?:home|Users)\/[a-z][\w.-]*\//i],
  ["a path of one machine", /(?<![\w.$}-])\/root\/\.?[a-z][\w.-]*\//i],
  ["a path of one machine", /(?<![\w.$}-])\/(?:work|workspace|workspaces)\/[a-z]/],
  ["a path of one machine", /\b[A-Z]:\\Users\\/],
];

export function localComplaints(files: readonly TextFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => {
      const [what, pattern] = LOCAL.find(([, pattern]) => pattern.test(line)) ?? [];
      if (pattern === undefined) return [];
      return [`${path}:${index + 1}: holds ${what}: ${pattern.exec(line)?.[0]}`];
    })
  );
}
