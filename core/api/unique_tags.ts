/** Tags by key: of several with the same key the last one counts. @module */
import type { Tag } from "../domain/tag.ts";

export function uniqueTags(tags: readonly Tag[]): Tag[] {
  return [...new Map(tags.map((tag) => [tag.Key, tag])).values()];
}
