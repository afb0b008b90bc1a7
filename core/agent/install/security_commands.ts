/**
 * The commands that set access control lists and SELinux contexts (spec 5.5), run without a shell so
 * that no path is ever read as a command.
 * @module
 */
import { spawnSync } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import { type AclEntry, aclText, fullAcl } from "../../domain/appspec_acl.ts";
import type { SecurityContext } from "../../domain/appspec_permissions.ts";
import { systemErrorCode } from "../system_error.ts";
import { InstallError } from "./install_error.ts";

/** Gives `path` exactly these entries, completed from its mode. */
export function setAcl(path: string, acls: readonly AclEntry[]): void {
  const list = fullAcl(acls, statSync(path).mode).map(aclText).join(",");
  run(
    path,
    ["setfacl", "--set", list, path],
    "The deployment failed because of a problem with the acls permission settings in the " +
      `application specification file for this object: ${path}.`,
  );
}

/**
 * Takes every entry but owner, group and others away, as a new directory has none. Without setfacl
 * nobody can have given it any.
 */
export function clearAcl(path: string): void {
  spawnSync("setfacl", ["-b", "--", path], { stdio: "ignore" });
}

/** The path that `setContext` labels; it is recorded before, so that the next Install removes it. */
export function contextPath(path: string): string {
  return realpathSync(path);
}

/** Adds the label of a path (as `contextPath` names it) to the policy, and applies it. */
export function setContext(path: string, { user, type, range }: SecurityContext): void {
  const words = [
    ...(user === undefined ? [] : ["-s", user]),
    ...["-t", type],
    ...(range === undefined ? [] : ["-r", range]),
  ];
  const problem = "The deployment failed because the application specification file contains an " +
    "error in the settings for the context parameter. Update the permissions section of the AppSpec " +
    "file, and then try again.";
  run(path, ["semanage", "fcontext", "-a", ...words, path], problem);
  run(path, ["restorecon", "-v", path], problem);
}

/**
 * Takes a path's label out of the policy. Whether it was still there does not matter: the line was
 * recorded before the label was added, and an administrator may have removed it since.
 */
export function removeContext(path: string): void {
  spawnSync("semanage", ["fcontext", "-d", path], { stdio: "ignore" });
}

function run(path: string, [command = "", ...words]: string[], problem: string): void {
  const { error, status, signal, stderr } = spawnSync(command, words, { encoding: "utf8" });
  if (error && systemErrorCode(error) === "ENOENT") {
    throw new InstallError(
      path,
      `${problem} The program ${command} is not installed on this host; install it, or remove the ` +
        "setting from the AppSpec file.",
      { cause: error },
    );
  }
  if (error) throw new InstallError(path, `${problem} ${error.message}`, { cause: error });
  if (status === 0) return;
  const output = stderr.trim();
  throw new InstallError(
    path,
    `${problem} Failed command: ${[command, ...words].join(" ")}. Exit code: ${status ?? signal}` +
      (output === "" ? "" : ` (${output})`),
  );
}
