/**
 * The SELinux range of an AppSpec's permission context: `s#[-s#][:c#[.c#][,…]]` (spec 5.5).
 * @module
 */

/** SELinux knows categories 0 to 1023. */
const LAST_CATEGORY = 1023;

export const RANGE_GRAMMAR = "s#[-s#][:c#[.c#][,…]], categories 0 to 1023, none twice";

/** The range as semanage wants it, neighbouring categories joined; undefined when it is not one. */
export function normalRange(text: string): string | undefined {
  const match = /^s(\d+)(?:-s(\d+))?(?::(.+))?$/.exec(text);
  if (!match) return undefined;
  const low = Number(match[1]);
  const high = Number(match[2] ?? match[1]);
  if (high < low) return undefined;
  const levels = high === low ? `s${low}` : `s${low}-s${high}`;
  if (match[3] === undefined) return levels;
  const categories = parseCategories(match[3]);
  return categories && `${levels}:${joinCategories(categories)}`;
}

function parseCategories(text: string): number[] | undefined {
  const all: number[] = [];
  for (const part of text.split(",")) {
    const match = /^c(\d+)(?:\.c(\d+))?$/.exec(part);
    if (!match) return undefined;
    const low = Number(match[1]);
    const high = Number(match[2] ?? match[1]);
    if (high < low || high > LAST_CATEGORY) return undefined;
    for (let category = low; category <= high; category++) all.push(category);
  }
  return new Set(all).size === all.length ? all.sort((a, b) => a - b) : undefined;
}

function joinCategories(sorted: readonly number[]): string {
  const runs: [low: number, high: number][] = [];
  for (const category of sorted) {
    const last = runs.at(-1);
    if (last && last[1] === category - 1) last[1] = category;
    else runs.push([category, category]);
  }
  return runs.map(([low, high]) => low === high ? `c${low}` : `c${low}.c${high}`).join(",");
}
