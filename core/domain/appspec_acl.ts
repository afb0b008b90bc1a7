/**
 * Access control entries of an AppSpec's permissions (spec 5.5): their grammar, and the whole list
 * that `setfacl --set` wants.
 * @module
 */

export interface AclEntry {
  /** An entry that new files below a directory inherit. */
  readonly default: boolean;
  readonly type: "user" | "group" | "mask" | "other";
  /** Empty for the entries of owner, group, mask and others. */
  readonly name: string;
  /** Three characters, "rwx" to "---". */
  readonly permissions: string;
}

/** Why an entry is refused: CodeDeploy's sentence. */
export interface AclProblem {
  readonly sentence: string;
}

export const ACL_GRAMMAR =
  "[d:][u|g|m|o:][name]:permissions, with one octal digit or letters of rwx-";

const TYPES: ReadonlyMap<string, AclEntry["type"]> = new Map([
  ["u", "user"],
  ["user", "user"],
  ["g", "group"],
  ["group", "group"],
  ["m", "mask"],
  ["mask", "mask"],
  ["o", "other"],
  ["other", "other"],
]);

/** Reads `[d[efault]:][u|g|m|o …:][name]:perms`; owner, group and others are set by `mode` alone. */
export function parseAclEntry(text: string): AclEntry | AclProblem {
  const parts = text.split(":");
  if (parts.length < 2 || parts.length > 4) return invalid(text);
  const permissions = parsePermissions(text, parts.pop() ?? "");
  const isDefault = (parts[0] === "d" || parts[0] === "default") && parts.length > 1;
  if (isDefault) parts.shift();
  if (parts.length > 2) return invalid(text);
  const name = parts.pop() ?? "";
  const [typeText] = parts;
  // With one part before the permissions, `m` and `o` are types and anything else is a user.
  const short = TYPES.get(name) === "mask" || TYPES.get(name) === "other";
  const type = typeText !== undefined || short ? TYPES.get(typeText ?? name) : "user";
  if (type === undefined) return invalid(text);
  const named = typeText === undefined && short ? "" : name;
  if ((type === "mask" || type === "other") && named !== "") return invalid(text);
  if (!isDefault && type !== "mask" && named === "") return base(text);
  if (typeof permissions !== "string") return permissions;
  return { default: isDefault, type, name: named, permissions };
}

/** `[default:]type:name:rwx`. */
export function aclText(entry: AclEntry): string {
  return `${entry.default ? "default:" : ""}${entry.type}:${entry.name}:${entry.permissions}`;
}

/**
 * The full list for `setfacl --set`: the entries, what the mode says of owner, group and others, and
 * the masks and defaults that are not given (spec 5.5). `mode` in the usual bits.
 */
export function fullAcl(entries: readonly AclEntry[], mode: number): AclEntry[] {
  const [owner, group, other] = [bits(mode >> 6), bits(mode >> 3), bits(mode)];
  const all = [...entries];
  function add(isDefault: boolean, type: AclEntry["type"], permissions: string): void {
    const there = all.some((e) => e.default === isDefault && e.type === type && e.name === "");
    if (!there) all.push({ default: isDefault, type, name: "", permissions });
  }
  const hasNamed = (isDefault: boolean): boolean =>
    entries.some((entry) => entry.default === isDefault && entry.name !== "");
  add(false, "user", owner);
  add(false, "group", group);
  add(false, "other", other);
  if (hasNamed(false)) add(false, "mask", group);
  if (!entries.some((entry) => entry.default)) return all;
  add(true, "user", owner);
  add(true, "group", group);
  add(true, "other", other);
  const defaultGroup = all.find((e) => e.default && e.type === "group" && e.name === "");
  if (hasNamed(true)) add(true, "mask", defaultGroup?.permissions ?? group);
  return all;
}

function bits(digit: number): string {
  return `${digit & 4 ? "r" : "-"}${digit & 2 ? "w" : "-"}${digit & 1 ? "x" : "-"}`;
}

function parsePermissions(entry: string, text: string): string | AclProblem {
  if (/^[0-7]$/.test(text)) return bits(Number(text));
  const wrong = /[^rwx-]/u.exec(text)?.[0];
  if (wrong !== undefined) {
    return {
      sentence:
        `The deployment failed because the access control list (ACL) named ${entry} in the ` +
        `application specification file contains an invalid character (${wrong}). Correct the ACL ` +
        "in the permissions section of the AppSpec file, and then try again.",
    };
  }
  return ["r", "w", "x"].map((letter) => text.includes(letter) ? letter : "-").join("");
}

const ACLS_PROBLEM =
  "The deployment failed because of a problem with the acls permission settings " +
  "in the application specification file.";

function invalid(entry: string): AclProblem {
  return { sentence: `${ACLS_PROBLEM} Invalid acl entry (${entry}).` };
}

function base(entry: string): AclProblem {
  return {
    sentence:
      `${ACLS_PROBLEM} Use mode to set the base acl entry (${entry}). Update the permissions ` +
      "section of the AppSpec file, and then try again.",
  };
}
