/** A number with its noun, for the agent's lines. @module */

/** `1 file`, `3 files`; nouns whose plural is an s. */
export function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
