/** Numbers as programs, databases and JSON have them. @module */

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NO_FINITE: ReadonlyMap<string, number> = new Map([
  ["nan", NaN],
  ["inf", Infinity],
  ["infinity", Infinity],
]);

/**
 * The number that a value is, or that a text writes; undefined for nothing: null, undefined, an empty
 * text. Throws for everything else, as 0 for a word would be an invention.
 */
export function numberIn(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "string") throw new Error(`${shown(value)} is no number`);
  const text = value.trim();
  if (text === "") return undefined;
  if (DECIMAL.test(text)) return Number(text);
  const word = NO_FINITE.get(text.replace(/^[+-]/, "").toLowerCase());
  if (word === undefined) throw new Error(`${shown(value)} is no number`);
  return text.startsWith("-") ? -word : word;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
