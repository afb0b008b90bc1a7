/**
 * A YAML file of keys and values with the place of each: the agent's configuration and the
 * on-premises file. Keys may be written as Ruby symbols, as CodeDeploy's agent wants them (`:key:`),
 * or plain (`key:`), but not both ways in one file.
 * @module
 */
import { basename } from "node:path";
import { badFile } from "./config_file.ts";

export interface Setting {
  value: unknown;
  /** The key as it is written, colons included. */
  written: string;
  /** Where its value begins, both from 1; an empty value stands where its key does. */
  line: number;
  column: number;
}

export interface KeyFile {
  file: string;
  /** By the key without colons. Keys without a value are left out: they count as absent. */
  settings: ReadonlyMap<string, Setting>;
}

/** `typed` reads numbers and booleans as YAML 1.1 does, like CodeDeploy's agent; `texts` nothing. */
export type Reading = "typed" | "texts";

/** Throws AgentFailure with line and column for text that is not such a file. */
export async function parseKeyFile(
  file: string,
  text: string,
  reading: Reading,
): Promise<KeyFile> {
  // The parser is loaded now; an idle agent has no use for it.
  const { isMap, isNode, LineCounter, parseDocument } = await import("yaml");
  const lineCounter = new LineCounter();
  const how = reading === "typed" ? { version: "1.1" as const } : { schema: "failsafe" as const };
  const document = parseDocument(text, { ...how, lineCounter });
  const [error] = document.errors;
  if (error) throw badFile(file, `not YAML: ${error.message.split("\n")[0]}`);
  const { contents } = document;
  const settings = new Map<string, Setting>();
  if (contents === null) return { file, settings };
  if (!isMap(contents)) throw badFile(file, "the file must be a list of `key: value` lines");
  for (const { key: keyNode, value: node } of contents.items) {
    const written = String(keyNode);
    const at = isNode(keyNode) ? keyNode.range?.[0] : undefined;
    const valueAt = isNode(node) && node.range?.[0] !== node.range?.[1] ? node.range?.[0] : at;
    const { line, col: column } = lineCounter.linePos(valueAt ?? 0);
    const value: unknown = isNode(node) ? node.toJS(document) : node;
    const setting = { value, written: `${written}:`, line, column };
    const key = written.replace(/^:/, "");
    const before = settings.get(key);
    if (before) throw twice(file, before, setting);
    settings.set(key, setting);
  }
  for (const [key, { value }] of settings) {
    if (value === null || value === undefined || value === "") settings.delete(key);
  }
  return { file, settings };
}

function twice(file: string, first: Setting, second: Setting) {
  return badFile(
    file,
    `line ${first.line} has ${first.written} and line ${second.line} has ${second.written}, ` +
      "which mean the same; keep one of them",
  );
}

/** `codedeployagent.yml, line 3, column 17: :max_revisions: is 0; it must be …`. */
export function wrongValue(file: string, key: string, setting: Setting, mustBe: string): string {
  const { line, column, written, value } = setting;
  const place = `${basename(file)}, line ${line}, column ${column}`;
  return `${place}: ${written} is ${shown(key, value)}; it ${mustBe}`;
}

/** Bytes of a value that a message repeats at most. */
const LONGEST = 80;

/** A value for a message; the password of a proxy stays out of logs. */
export function shown(key: string, value: unknown): string {
  const open = key === "proxy_uri" ? String(value).replace(/^(.*\/\/)?.*@/, "$1…@") : value;
  const text = JSON.stringify(open) ?? String(open);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** What the file says that nobody listens to, one sentence a key. */
export function unknownKeys(
  { file, settings }: KeyFile,
  known: readonly string[],
  withoutEffect: ReadonlySet<string>,
): string[] {
  return [...settings].filter(([key]) => !known.includes(key)).map(([key, setting]) => {
    const place = `${file}, line ${setting.line}: ${setting.written}`;
    if (withoutEffect.has(key)) {
      return `${place} is a key of CodeDeploy's agent without effect here`;
    }
    const near = nearest(key, known);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return `${place} is not a key of this agent and has no effect${hint}`;
  });
}

/** The known word that is a few slips away at most, about one in three letters. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known.map((one) => ({ one, slips: slips(word.toLowerCase(), one) }))
    .sort((a, b) => a.slips - b.slips);
  return best && best.slips <= Math.max(1, Math.floor(word.length / 3)) ? best.one : undefined;
}

/** Levenshtein's distance: letters inserted, left out or replaced. */
function slips(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
