/**
 * User and group names to numbers, for the owners of installed files.
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

/** The accounts of this host, each name looked up once. */
export function hostAccounts(): Accounts {
  return {
    user: remembered((name) => lookUp("passwd", name)),
    group: remembered((name) => lookUp("group", name)),
  };
}

function remembered(ask: (name: string) => number | undefined): Accounts["user"] {
  const known = new Map<string, number | undefined>();
  return (name) => {
    if (!known.has(name)) known.set(name, ask(name));
    return known.get(name);
  };
}

function lookUp(database: "passwd" | "group", name: string): number | undefined {
  const local = idIn(readDatabase(database), name);
  if (local !== undefined) return local;
  // Without getent (a minimal container) the local files are all there is.
  const { stdout } = spawnSync("getent", [database, name], { encoding: "utf8" });
  const other = idIn(stdout ?? "", name);
  return other ?? (/^\d+$/.test(name) ? Number(name) : undefined);
}

/** Lines are `name:password:id:…` in both databases. */
function idIn(text: string, name: string): number | undefined {
  const fields = text.split("\n").map((line) => line.split(":"));
  const id = fields.find(([first]) => first === name)?.[2];
  return id !== undefined && /^\d+$/.test(id) ? Number(id) : undefined;
}

function readDatabase(database: "passwd" | "group"): string {
  try {
    return readFileSync(`/etc/${database}`, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
