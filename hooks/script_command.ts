/**
 * The command that runs a script on a host, and the user it runs as (spec 4.3).
 * @module
 */
import type { Script } from "../core/domain/appspec.ts";

/** A program and its arguments; never a line for a shell, so a path needs no care for its blanks. */
export type Command = readonly [program: string, ...words: string[]];

/** What starts a script as another user. */
export interface UserStart {
  /** Words put before the script's path; none when the script itself is started. */
  readonly before: readonly string[];
  /** Put over the environment that the script has otherwise. */
  readonly environment: Readonly<Record<string, string>>;
  /** For `spawn`, where there is nothing to put before the path. */
  readonly ids?: { readonly uid: number; readonly gid: number };
}

/** How a script becomes the script of the user that `runas` names, or why it cannot. */
export type StartAs = (runas: string) => UserStart | { readonly refusal: string };

const AS_AGENT: UserStart = { before: [], environment: {} };

/** With `sudo` the users are sudo's and su's affair, as with CodeDeploy's agent. */
export function userStart({ runas, sudo }: Script, startAs: StartAs): ReturnType<StartAs> {
  return runas === undefined || sudo ? AS_AGENT : startAs(runas);
}

/**
 * The script alone, after what makes it another user's; `sudo PATH` with sudo, and with both `sudo su
 * USER -c PATH`. `su` hands its command to the user's shell, hence the quotes: CodeDeploy leaves them
 * out, and a path with a blank fails there.
 */
export function scriptCommand(
  { runas, sudo }: Script,
  path: string,
  before: readonly string[],
): Command {
  if (sudo) return runas === undefined ? ["sudo", path] : ["sudo", "su", runas, "-c", quoted(path)];
  const [program = path, ...words] = [...before, path];
  return [program, ...words];
}

function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
