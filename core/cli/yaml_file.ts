/** A YAML file that a person wrote: every fault is told with file, line, column and member. Pure. @module */
import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";
import { type Failure, usageFailure } from "./failure.ts";

/** What is wrong with the member at a path of the file. */
export interface Fault {
  path: readonly PropertyKey[];
  message: string;
}

/** What a file says, and how a fault is told that is found later. */
export interface YamlFile<Content> {
  content: Content;
  /** A usage failure that lists the faults with their places, as those of the file itself. */
  faulty(faults: readonly Fault[]): Failure;
}

/**
 * Parses the text of `file`. Throws a usage failure that lists every fault with its place; `next`
 * says what to do when the file is right.
 */
export function parseYamlFile<Content>(
  file: string,
  text: string,
  schema: z.ZodType<Content>,
  next: string,
): YamlFile<Content> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const refusal = ([first = `${file} is not understood`, ...rest]: readonly string[]) =>
    usageFailure(first, rest, [`correct ${file} and ${next}`]);
  const faults = document.errors.map((error) => `${place(error.pos[0])}: ${error.message}`);
  if (faults.length > 0) throw refusal(faults);
  const faulty = (found: readonly Fault[]) =>
    refusal(found.map(({ path, message }) => {
      const member = memberName(path);
      return `${place(offsetOf(document, path))}: ${member === "" ? "" : `${member}: `}${message}`;
    }));
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return { content: parsed.data, faulty };
  throw faulty(parsed.error.issues.flatMap(spread));
}

/** One fault for each unknown key, at the key; any other issue as it is. */
function spread(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== "unrecognized_keys") return [issue];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: "no such member" }));
}

/** `applications[0].groups[1].config` */
function memberName(path: readonly PropertyKey[]): string {
  return path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("")
    .replace(/^\./, "");
}

/** Where the member stands in the text: its key, or the nearest thing around it that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    for (const { key } of parent.items) {
      if (isScalar(key) && key.value === last && key.range) return key.range[0];
    }
  }
  const inside = isCollection(parent) ? parent.get(last, true) : undefined;
  const node = path.length === 0 ? document.contents : inside;
  if (isNode(node) && node.range) return node.range[0];
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}
