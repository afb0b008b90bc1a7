/**
 * Which files and directories of an Install a permission applies to (spec 5.5, traps 10 and 11).
 * @module
 */
import type { Permission } from "../../domain/appspec_permissions.ts";
import type { Draft } from "./draft.ts";
import { InstallError } from "./install_error.ts";

const CORRECT = "Correct the permissions section of the AppSpec file, and then try again.";

/**
 * Adds the instructions of one permission. `object` is its absolute path; `isDirectory` asks the
 * disk. An object that is neither copied nor a directory is passed over, as CodeDeploy does.
 */
export function planPermission(
  draft: Draft,
  permission: Permission,
  object: string,
  isDirectory: (path: string) => boolean,
): void {
  if (draft.copies(object)) {
    if (!permission.types.includes("file")) return;
    checkForFile(permission, object);
    draft.permit(object, permission);
  } else if (draft.makes(object) || isDirectory(object)) {
    for (const path of matches(draft, permission, object)) draft.permit(path, permission);
  }
}

/** Files first, then directories, as CodeDeploy's agent does; never the object itself. */
function matches(draft: Draft, permission: Permission, object: string): string[] {
  const base = object === "/" ? object : `${object}/`;
  const isMatch = nameMatcher(permission);
  const below = (path: string): boolean =>
    path.startsWith(base) && isMatch(path.slice(base.length));
  const found: string[] = [];
  if (permission.types.includes("file")) {
    for (const path of draft.files) {
      if (!below(path)) continue;
      checkAclForFile(permission, path);
      found.push(path);
    }
  }
  if (permission.types.includes("directory")) {
    for (const path of draft.directories) if (below(path)) found.push(path);
  }
  return found;
}

/**
 * `**` matches at any depth, any other pattern names directly below alone; `except` reaches names
 * directly below alone, whatever the pattern.
 */
function nameMatcher({ pattern, except }: Permission): (name: string) => boolean {
  const wanted = pattern === "**" ? undefined : globExpression(pattern);
  const unwanted = except.map(globExpression);
  return (name) => {
    const isNested = name.includes("/");
    if (!isNested && unwanted.some((expression) => expression.test(name))) return false;
    return wanted === undefined || (!isNested && wanted.test(name));
  };
}

/** `*` stands for any characters; nothing else is special. */
function globExpression(glob: string): RegExp {
  const parts = glob.split(/\*+/).map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "su");
}

function checkForFile(permission: Permission, object: string): void {
  const { pattern, except } = permission;
  if (pattern !== "**") {
    throw new InstallError(
      object,
      "The deployment failed because the application specification file includes an object " +
        `(${permission.object}) with an invalid pattern (${pattern}), such as a pattern for a file ` +
        `applied to a directory. ${CORRECT}`,
    );
  }
  if (except.length > 0) {
    throw new InstallError(
      object,
      "The deployment failed because the except parameter for a pattern in the permissions section " +
        `(${except.join(", ")}) for the object named ${permission.object} contains an invalid ` +
        "format. Update the AppSpec file, and then try again.",
    );
  }
  checkAclForFile(permission, object);
}

function checkAclForFile(permission: Permission, path: string): void {
  if (!permission.acls?.some((entry) => entry.default)) return;
  throw new InstallError(
    path,
    "The deployment failed because the -d parameter has been specified to apply an acl setting to a " +
      `file (${path}). This parameter is supported for directories only. Update the AppSpec file, ` +
      "and then try again.",
  );
}
