/** Times, durations and remote text as they are shown to people. @module */

/** Local time of day, `12:00:01`. */
export function clock(milliseconds: number): string {
  const at = new Date(milliseconds);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
}

/** Local date and time, `2026-11-25 12:00:01`. */
export function dateTime(milliseconds: number): string {
  const at = new Date(milliseconds);
  const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()]
    .map((part) => String(part).padStart(2, "0")).join("-");
  return `${day} ${clock(milliseconds)}`;
}

/** `0.2 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Text of a script on a remote host without what a terminal would obey; tabs become spaces. */
export function harmless(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is taken out
  return text.replaceAll("\t", "  ").replaceAll(/\x1b\[[0-9;?]*[a-zA-Z]|[\x00-\x1f\x7f-\x9f]/g, "");
}

/** At most `width` characters, with an ellipsis when something was cut. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** `1 host`, `3 hosts`. */
export function hosts(count: number): string {
  return count === 1 ? "1 host" : `${count} hosts`;
}

/** `2 of 3 hosts`, `0 of 1 host`; all of one is just `1 host`. */
export function hostsOf(count: number, total: number): string {
  return count === 1 && total === 1 ? hosts(1) : `${count} of ${hosts(total)}`;
}

/** Up to five names, then how many more. */
export function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
