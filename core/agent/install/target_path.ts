/**
 * Where a path of an AppSpec lies on this host (spec 5.3): `~` is the agent's home, and a relative
 * path starts at the agent's working directory.
 *
 * With an install root, which lets several agents share one machine, every path lies below it: an
 * absolute one is put behind it, a relative one starts at it, and `..` does not lead out of it.
 * @module
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The absolute path, without a slash at its end, that an AppSpec's path stands for. */
export function targetPath(path: string, installRoot: string | undefined): string {
  const expanded = path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
  if (installRoot === undefined) return resolve(expanded);
  return join(resolve(installRoot), resolve("/", expanded));
}
