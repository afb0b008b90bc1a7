/**
 * The verb that nobody types, by which a program starts itself once more in order to become another
 * program as another user (`become_program.ts`), and the words that follow it.
 * @module
 */
import type { Program } from "./become_program.ts";

export const LAUNCH_VERB = "become-program";

/** Verb and words of the command line; the path of the program is to be put behind them. */
export function launchWords({ user, environment }: Omit<Program, "path">): string[] {
  const entries = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const { uid, gid, name = "" } = user;
  return [LAUNCH_VERB, String(uid), String(gid), name, ...entries, "--"];
}

/** What the words behind the verb mean; undefined when a person has typed something else. */
export function readLaunchWords(words: readonly string[]): Program | undefined {
  const [uid, gid, name, ...rest] = words;
  const end = rest.lastIndexOf("--");
  const path = rest[end + 1];
  const ids = [uid, gid].every((id) => id !== undefined && /^\d+$/.test(id));
  if (!ids || end < 0 || end + 2 !== rest.length || !path?.startsWith("/")) return undefined;
  return {
    path,
    user: { uid: Number(uid), gid: Number(gid), ...(name && { name }) },
    environment: Object.fromEntries(rest.slice(0, end).map(variable)),
  };
}

function variable(entry: string): [name: string, value: string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}
