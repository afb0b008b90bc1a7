/** JSON as the documentation shows it: one line, a space after each colon and comma. @module */

/** A line feed inside a JSON text is always layout, as strings escape theirs. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replace(/([{[])\n\s*/g, "$1")
    .replace(/\n\s*([}\]])/g, "$1")
    .replace(/,\n\s*/g, ", ") + "\n";
}
