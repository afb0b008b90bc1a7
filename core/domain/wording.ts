/** Durations, counts and lists in the words that people read, on the server and in the terminal. @module */

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

/** How long something was asked to take: `30 seconds`, `1 minute`, `90 minutes`. */
export function span(milliseconds: number): string {
  const [count, unit] = milliseconds < 60_000
    ? [Math.round(milliseconds / 1000), "second"]
    : [Math.round(milliseconds / 60_000), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** `2026-11-25 12:00:01 UTC`: for texts that are kept, whoever reads them where. */
export function utcTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;
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

/** The first names, then how many more. */
export function some(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
