/**
 * Paging: `nextToken` is the key of a page's last entry in base64url, so that a listing goes on at
 * the right place whatever was added or removed meanwhile. Its form is nobody else's business.
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { DomainError } from "../domain/errors.ts";
import { AWS_QUOTAS } from "../domain/quotas.ts";

/** The key in a token; undefined without a token. Throws InvalidNextToken, naming `member`. */
export function keyOfToken<Key extends z.ZodType>(
  token: string | undefined,
  key: Key,
  member = "nextToken",
): z.output<Key> | undefined {
  if (token === undefined) return undefined;
  const parsed = key.safeParse(decoded(token));
  if (parsed.success) return parsed.data;
  throw new DomainError(
    "InvalidNextTokenException",
    member,
    `${member} is not one that this operation gave; leave it out to begin at the first page.`,
  );
}

/** The key of a listing in the order of names. */
export function nameOfToken(token: string | undefined, member?: string): string | undefined {
  return keyOfToken(token, z.string(), member);
}

export function tokenOf(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/**
 * A page and the token of the next one. `load` is asked for one entry more than a page has; the
 * surplus says that there is a next one. `size` is the quota of entries.
 */
export function page<Entry>(
  load: (limit: number) => Entry[],
  keyOf: (entry: Entry) => unknown,
  size: number = AWS_QUOTAS.page,
): { entries: Entry[]; nextToken?: string } {
  const loaded = load(size + 1);
  const entries = loaded.slice(0, size);
  const last = entries.at(-1);
  const more = loaded.length > size && last !== undefined;
  return { entries, ...(more && { nextToken: tokenOf(keyOf(last)) }) };
}

function decoded(token: string): unknown {
  // Buffer skips what is not base64url; a token that does not come back the same was not ours.
  const bytes = Buffer.from(token, "base64url");
  if (bytes.toString("base64url") !== token) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined; // Garbage; the caller refuses it by name.
  }
}
