/**
 * The permissions section of an AppSpec (spec 5.2, 5.5).
 * @module
 */
import { ACL_GRAMMAR, type AclEntry, parseAclEntry } from "./appspec_acl.ts";
import type { AppSpecText, Field } from "./appspec_yaml.ts";
import { normalRange, RANGE_GRAMMAR } from "./selinux_range.ts";

export type ObjectType = "file" | "directory";

/** SELinux labels; `user` is read from the key `name`, as CodeDeploy's agent does (trap 13). */
export interface SecurityContext {
  readonly user?: string;
  readonly type: string;
  readonly range?: string;
}

export interface Permission {
  readonly object: string;
  /** `**` for any depth, else a name with `*` for entries directly below `object`. */
  readonly pattern: string;
  /** Names directly below `object` that are left out. */
  readonly except: readonly string[];
  readonly types: readonly ObjectType[];
  readonly owner?: string;
  readonly group?: string;
  /** Three or four octal digits. */
  readonly mode?: string;
  readonly acls?: readonly AclEntry[];
  readonly context?: SecurityContext;
}

const UPDATE = "Update the permissions section of the AppSpec file, and then try again.";

/** Reads one entry of the permissions list. Throws AppSpecError at the value that is wrong. */
export function parsePermission(source: AppSpecText, entry: Field): Permission {
  const members = source.members(entry, "a permission");
  const get = (key: string): Field => source.member(members, key, entry);
  const text = (key: string): string | undefined => source.text(get(key), `${key} of a permission`);
  const object = text("object");
  if (!object) {
    const sentence = "The deployment failed because a permission listed in the application " +
      `specification file has no object value. ${UPDATE}`;
    return source.refuse(get("object"), {
      sentence,
      found: source.shown(get("object")),
      allowed: "the path of a file or directory",
    });
  }
  const owner = text("owner");
  const group = text("group");
  const mode = parseMode(source, get("mode"));
  const acls = parseAcls(source, get("acls"));
  const context = parseContext(source, get("context"));
  return {
    object,
    pattern: text("pattern") ?? "**",
    except: parseExcept(source, get("except")),
    types: parseTypes(source, get("type")),
    ...(owner && { owner }),
    ...(group && { group }),
    ...(mode !== undefined && { mode }),
    ...(acls && { acls }),
    ...(context && { context }),
  };
}

function parseExcept(source: AppSpecText, field: Field): string[] {
  const items = source.items(field, "except of a permission");
  return items.map((item) => source.text(item, "a name in except") ?? "");
}

function parseTypes(source: AppSpecText, field: Field): ObjectType[] {
  if (field.node === undefined) return ["file", "directory"];
  return source.items(field, "type of a permission").map((item) => {
    const type = source.text(item, "a type of a permission") ?? "";
    if (type === "file" || type === "directory") return type;
    const sentence =
      "The deployment failed because the application specification file specifies a " +
      `permission for an object type not supported for permissions (${type}). ${UPDATE}`;
    return source.refuse(item, { sentence, found: source.shown(item), allowed: "file, directory" });
  });
}

function parseMode(source: AppSpecText, field: Field): string | undefined {
  const text = source.text(field, "mode of a permission");
  if (text === undefined) return undefined;
  const mode = text.padStart(3, "0");
  const allowed = "one to four octal digits";
  if (mode.length > 4) {
    const sentence =
      `The deployment failed because the length of a permissions mode (${mode}) in ` +
      "the application specification file is invalid. Permissions modes must be between one and " +
      `four characters long. ${UPDATE}`;
    return source.refuse(field, { sentence, found: source.shown(field), allowed });
  }
  const wrong = /[^0-7]/u.exec(mode)?.[0];
  if (wrong === undefined) {
    warnOfOctal(source, field, text);
    return mode;
  }
  const sentence =
    `The deployment failed because the permissions mode (${mode}) in the application ` +
    `specification file contains an invalid character (${wrong}). ${UPDATE}`;
  return source.refuse(field, { sentence, found: source.shown(field), allowed });
}

/** A number that begins with 0 is another one to agents that read it as YAML 1.1 does (trap 9). */
function warnOfOctal(source: AppSpecText, field: Field, text: string): void {
  const value = source.value(field);
  if (typeof value !== "number" || !/^0\d+$/.test(text)) return;
  const other = String(value).padStart(4, "0");
  source.warn(
    field,
    `mode: ${text} is taken as ${text}; CodeDeploy's agent 1.x makes ${other} of it. ` +
      `Put it in quotes, mode: "${text}", and every agent agrees`,
  );
}

function parseAcls(source: AppSpecText, field: Field): AclEntry[] | undefined {
  if (field.node === undefined) return undefined;
  return source.items(field, "acls of a permission").map((item) => {
    const entry = parseAclEntry(source.text(item, "an entry of acls") ?? "");
    if (!("sentence" in entry)) return entry;
    const { sentence } = entry;
    return source.refuse(item, { sentence, found: source.shown(item), allowed: ACL_GRAMMAR });
  });
}

function parseContext(source: AppSpecText, field: Field): SecurityContext | undefined {
  if (field.node === undefined) return undefined;
  const members = source.members(field, "context of a permission");
  const text = (key: string): string | undefined =>
    source.text(source.member(members, key, field), `${key} of a context`);
  const [user, type] = [text("name"), text("type")];
  if (!type) {
    const keys = [...members.keys()].join(", ");
    const sentence =
      "The deployment failed because the application specification file specifies an " +
      `invalid context type (${type ?? ""}). ${UPDATE}`;
    const found = keys === "" ? "no keys" : `the keys ${keys}`;
    return source.refuse(field, { sentence, found, allowed: "type (required), name, range" });
  }
  const documented = members.get("user");
  if (user === undefined && documented) {
    source.warn(
      documented,
      "context: the SELinux user is read from the key name, as CodeDeploy's agent does; the key " +
        "user has no effect",
    );
  }
  const range = parseRange(source, source.member(members, "range", field));
  return { type, ...(user && { user }), ...(range && { range }) };
}

function parseRange(source: AppSpecText, field: Field): string | undefined {
  const text = source.text(field, "range of a context");
  if (text === undefined) return undefined;
  const range = normalRange(text);
  if (range !== undefined) return range;
  const sentence = "The deployment failed because of a problem with the SELinux range specified " +
    `(${text}) for the context parameter in the permissions section of the application ` +
    "specification file. Make corrections in the permissions section of the AppSpec file, and then " +
    "try again.";
  return source.refuse(field, { sentence, found: source.shown(field), allowed: RANGE_GRAMMAR });
}
