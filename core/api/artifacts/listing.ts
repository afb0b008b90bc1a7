/**
 * What all listings have in common: rows are read in pages, folded at a delimiter, and cut off at the
 * number asked for.
 * @module
 */
import { z } from "zod";
import { S3Error } from "./s3_error.ts";

/** Rows read at a time, and the most entries of one answer (S3 API reference). */
export const PAGE_LIMIT = 1000;

/** Sorts after every character a key can go on with. */
const LAST_CHARACTER = "\u{10ffff}";

/** A row, or all keys that go on alike up to the delimiter; `resume` sorts with its last key. */
export type Entry<Row> =
  | { kind: "row"; row: Row; resume: string }
  | { kind: "prefix"; prefix: string; resume: string };

/**
 * Folds rows, which come in the order of their keys. A key below a prefix that has been answered
 * already is skipped by `page`, which is asked for rows after a key or after a row.
 */
export function* fold<Row extends { key: string }>(
  by: { prefix: string; delimiter: string; after: string },
  page: (after: { key: string; row?: Row }) => Row[],
): Generator<Entry<Row>> {
  const { prefix, delimiter } = by;
  let after: { key: string; row?: Row } = { key: by.after };
  for (;;) {
    const rows = page(after);
    let folded: string | undefined;
    for (const row of rows) {
      if (folded !== undefined && row.key.startsWith(folded)) continue;
      const end = delimiter === "" ? -1 : row.key.indexOf(delimiter, prefix.length);
      folded = end < 0 ? undefined : row.key.slice(0, end + delimiter.length);
      const resume = folded === undefined ? row.key : folded + LAST_CHARACTER;
      after = folded === undefined ? { key: row.key, row } : { key: resume };
      if (folded === undefined) yield { kind: "row", row, resume };
      else yield { kind: "prefix", prefix: folded, resume };
    }
    if (rows.length < PAGE_LIMIT) return;
  }
}

/** A marker that a client gives back: what ends with the delimiter stands for all keys below it. */
export function afterMarker(marker: string, { prefix, delimiter }: Folding): string {
  const isPrefix = delimiter !== "" && marker.endsWith(delimiter) && marker.startsWith(prefix) &&
    marker.indexOf(delimiter, prefix.length) === marker.length - delimiter.length;
  return isPrefix ? marker + LAST_CHARACTER : marker;
}

interface Folding {
  prefix: string;
  delimiter: string;
}

/** At most `limit` entries, and whether there are more. */
export function take<Row>(
  entries: Iterable<Entry<Row>>,
  limit: number,
): { found: Entry<Row>[]; truncated: boolean } {
  const found: Entry<Row>[] = [];
  if (limit === 0) return { found, truncated: false };
  for (const entry of entries) {
    if (found.length === limit) return { found, truncated: true };
    found.push(entry);
  }
  return { found, truncated: false };
}

/** Members that all listings take. */
export const FOLDING = {
  prefix: z.string().default(""),
  delimiter: z.string().default(""),
  "encoding-type": z.literal("url").optional(),
};

/** A number of entries; more than a thousand are cut down to it. */
export const Count = z.coerce.number().int().min(0).default(PAGE_LIMIT);

/** Reads the query of a listing. Throws InvalidArgument naming the parameter. */
export function readQuery<Schema extends z.ZodType>(
  schema: Schema,
  query: URLSearchParams,
): z.infer<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(query));
  if (parsed.success) return parsed.data;
  throw new S3Error("InvalidArgument", z.prettifyError(parsed.error));
}

/** How names are written: as they are, or so that XML can hold every one. */
export function naming(encoding: "url" | undefined): (name: string) => string {
  return encoding ? urlEncoded : (name) => name;
}

function urlEncoded(name: string): string {
  return encodeURIComponent(name).replaceAll("%2F", "/");
}

/** The folded prefixes among the entries. */
export function commonPrefixes<Row>(
  found: readonly Entry<Row>[],
  name: (text: string) => string,
): { Prefix: string }[] {
  return found.filter((entry) => entry.kind === "prefix")
    .map(({ prefix }) => ({ Prefix: name(prefix) }));
}

/** The rows among the entries. */
export function rowsOf<Row>(found: readonly Entry<Row>[]): Row[] {
  return found.filter((entry) => entry.kind === "row").map(({ row }) => row);
}
