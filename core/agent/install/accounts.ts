/**
 * The users and groups of this host, for the owners of installed files and for `runas` of scripts.
 *
 * The local files first, since they answer without a process; `getent` then asks what else the host
 * is set up to ask (LDAP, SSSD). A name of digits that nobody has is taken as the number itself.
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { isMissing } from "../system_error.ts";

export interface Accounts {
  /** Undefined when there is no such user. */
  user(name: string): number | undefined;
  group(name: string): number | undefined;
}

/** A line of passwd(5). */
export interface Account {
  /** Undefined for a number that no user has. */
  readonly name: string | undefined;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The accounts of this host, each name looked up once. */
export function hostAccounts(): Accounts {
  return {
    user: remembered((name) => lookUp("passwd", name)),
    group: remembered((name) => lookUp("group", name)),
  };
}

/**
 * The user by name or number. A number that no user has is one in the group of the same number,
 * without a home. Undefined when there is no such user.
 */
export function findAccount(user: string): Account | undefined {
  const fields = entryOf("passwd", user);
  if (fields) {
    const [name, , uid, gid, , home, shell] = fields;
    const ids = { uid: Number(uid), gid: Number(gid) };
    return { name, ...ids, home: home || "/", shell: shell || "/bin/sh" };
  }
  const id = asId(user);
  if (id === undefined) return undefined;
  return { name: undefined, uid: id, gid: id, home: "/", shell: "/bin/sh" };
}

/** The name of a user of this host; the number itself when nobody has it. */
export function userName(uid: number): string {
  const local = nameIn(readDatabase("passwd"), uid);
  if (local !== undefined) return local;
  const { stdout } = spawnSync("getent", ["passwd", String(uid)], { encoding: "utf8" });
  return nameIn(stdout ?? "", uid) ?? String(uid);
}

function nameIn(text: string, uid: number): string | undefined {
  const fields = text.split("\n").map((line) => line.split(":"));
  return fields.find(([, , id]) => id === String(uid))?.[0];
}

function remembered(ask: (name: string) => number | undefined): Accounts["user"] {
  const known = new Map<string, number | undefined>();
  return (name) => {
    if (!known.has(name)) known.set(name, ask(name));
    return known.get(name);
  };
}

type Database = "passwd" | "group";

function lookUp(database: Database, name: string): number | undefined {
  return asId(entryOf(database, name)?.[2] ?? name);
}

/** The fields of the line, which are `name:password:id:…` in both databases. */
function entryOf(database: Database, name: string): string[] | undefined {
  const local = entryIn(readDatabase(database), name);
  if (local) return local;
  // Without getent (a minimal container) the local files are all there is.
  const { stdout } = spawnSync("getent", ["--", database, name], { encoding: "utf8" });
  return entryIn(stdout ?? "", name);
}

/** A name goes before a number, as in chown(1). */
function entryIn(text: string, name: string): string[] | undefined {
  const entries = text.split("\n").map((line) => line.split(":"))
    .filter(([, , id]) => id !== undefined && /^\d+$/.test(id));
  const id = asId(name);
  return entries.find(([first]) => first === name) ??
    (id === undefined ? undefined : entries.find((fields) => Number(fields[2]) === id));
}

/** The largest number means "nobody asked for" to the system's calls. */
const ID_LIMIT = 2 ** 32 - 1;

function asId(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) < ID_LIMIT ? Number(text) : undefined;
}

function readDatabase(database: Database): string {
  try {
    return readFileSync(`/etc/${database}`, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
