/** Times and remote text as they are shown to people; the words of the domain beside them. @module */
export { clip, duration, hosts, hostsOf, some } from "../domain/wording.ts";

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

/** Text of a script on a remote host without what a terminal would obey; tabs become spaces. */
export function harmless(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is taken out
  return text.replaceAll("\t", "  ").replaceAll(/\x1b\[[0-9;?]*[a-zA-Z]|[\x00-\x1f\x7f-\x9f]/g, "");
}
