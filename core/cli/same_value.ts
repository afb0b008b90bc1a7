/** Whether two values of the API say the same. Pure. @module */

/** Equal whatever the order of members and list elements: tag sets and events are sets. */
export function sameValue(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

/** The text that equal values share. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${key}:${canonical(member)}`).sort().join(",")}}`;
}
