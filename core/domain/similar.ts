/** "Did you mean": the names that a mistyped one comes nearest to. @module */
import leven from "leven";

/** Edits that still look like a slip: one in five letters, at least one. */
const SLIP = 1 / 5;

/** At most three names, the nearest first; upper and lower case are one. */
export function similar(name: string, names: readonly string[]): string[] {
  const typed = name.toLowerCase();
  return names
    .map((known) => ({ known, edits: leven(typed, known.toLowerCase()) }))
    .filter(({ known, edits }) =>
      edits <= Math.max(1, known.length * SLIP) || known.toLowerCase().startsWith(typed)
    )
    .sort((one, other) => one.edits - other.edits)
    .slice(0, 3)
    .map(({ known }) => known);
}

/** All names, the nearest first. */
export function byNearness(name: string, names: readonly string[]): string[] {
  const typed = name.toLowerCase();
  const edits = new Map(names.map((known) => [known, leven(typed, known.toLowerCase())]));
  return [...names].sort((one, other) => (edits.get(one) ?? 0) - (edits.get(other) ?? 0));
}

/** `did you mean A, or B?`, or nothing when no name is near. */
export function suggestion(name: string, names: readonly string[]): string[] {
  const near = similar(name, names);
  return near.length === 0 ? [] : [`did you mean ${near.join(", or ")}?`];
}
