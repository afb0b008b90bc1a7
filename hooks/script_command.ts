/**
 * The command that runs a script on a host (spec 4.3).
 * @module
 */
import type { Script } from "../core/domain/appspec.ts";

/** A program and its arguments; never a line for a shell, so a path needs no care for its blanks. */
export type Command = readonly [program: string, ...words: string[]];

/**
 * `su USER -c PATH` for another user, `sudo PATH` with sudo, both for both, else the script alone.
 * `su` hands its command to the user's shell, hence the quotes: CodeDeploy leaves them out, and a
 * path with a blank fails there.
 */
export function scriptCommand({ runas, sudo }: Script, path: string): Command {
  const [program, ...words]: Command = runas === undefined
    ? [path]
    : ["su", runas, "-c", quoted(path)];
  return sudo ? ["sudo", program, ...words] : [program, ...words];
}

function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
