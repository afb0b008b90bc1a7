/** Between which numbers a measured value must be. @module */

/** At least one of the two is set; both are allowed values themselves. */
export interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What is wrong with bounds that would let everything pass, or nothing. */
export function boundsFault({ min, max }: Bounds): string | undefined {
  if (min === undefined && max === undefined) return "neither min nor max is given";
  if (Number.isNaN(min) || Number.isNaN(max)) return "min or max is no number";
  if (min === undefined || max === undefined || min <= max) return undefined;
  return `min is ${min}, above max, which is ${max}`;
}

export function isWithin({ min = -Infinity, max = Infinity }: Bounds, value: number): boolean {
  return value >= min && value <= max;
}

/** `0.31, at most 0.05 is allowed`, for a value that is not within. */
export function beyondText(bounds: Bounds, value: number): string {
  const { min = -Infinity, max } = bounds;
  const rule = value < min ? `at least ${min} is needed` : `at most ${max} is allowed`;
  return `${shortest(value, (shown) => !isWithin(bounds, shown))}, ${rule}`;
}

/** Four digits, or as many more as it takes for the number to be seen beyond its bounds. */
function shortest(value: number, seen: (shown: number) => boolean): number {
  for (let digits = 4; digits < 17; digits++) {
    const shown = Number(value.toPrecision(digits));
    if (seen(shown)) return shown;
  }
  return value;
}
