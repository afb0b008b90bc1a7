/**
 * Tags of on-premises instances and the filters that select instances by them (spec 1.4, 10, 11).
 * @module
 */
import { z } from "zod";

/** A tag; a missing value is the empty string. */
export const Tag = z.object({
  Key: z.string().min(1).max(128),
  Value: z.string().max(256).default(""),
});
export type Tag = z.infer<typeof Tag>;

/** Which instances a filter takes: by key, by value, or by both. */
export const TagFilter = z.object({
  Key: z.string().max(128).optional(),
  Value: z.string().max(256).optional(),
  Type: z.enum(["KEY_ONLY", "VALUE_ONLY", "KEY_AND_VALUE"]).optional(),
});
export type TagFilter = z.infer<typeof TagFilter>;

/** Says what a filter's fields lack for its type (`KEY_ONLY` needs a key …), or nothing if sound. */
export function tagFilterFault(filter: TagFilter): string | undefined {
  const needsKey = filter.Type !== "VALUE_ONLY";
  const needsValue = filter.Type === "VALUE_ONLY" || filter.Type === "KEY_AND_VALUE";
  if (needsKey && !filter.Key) return `a ${filter.Type ?? "tag"} filter needs Key`;
  if (needsValue && filter.Value === undefined) return `a ${filter.Type} filter needs Value`;
  return undefined;
}

/** True when one of the tags is what the filter asks for. A filter without Type: key, and value if given. */
export function tagFilterMatches(filter: TagFilter, tags: readonly Tag[]): boolean {
  const type = filter.Type ?? (filter.Value === undefined ? "KEY_ONLY" : "KEY_AND_VALUE");
  return tags.some((tag) => {
    const key = tag.Key === filter.Key;
    const value = tag.Value === (filter.Value ?? "");
    if (type === "KEY_ONLY") return key;
    if (type === "VALUE_ONLY") return value;
    return key && value;
  });
}
