/**
 * Carries the instructions of an Install out (spec 5.4 step 5), in batches: first the batch's paths
 * go into the cleanup list, then they are made.
 *
 * Synchronous on purpose: a copy of a small file takes less time than a trip through the thread
 * pool, and ten thousand of them took half again as long with eight at once. Between batches other
 * work of the process gets its turn.
 * @module
 */
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import { systemErrorCode } from "../system_error.ts";
import type { Accounts } from "./accounts.ts";
import { CONTEXT_PREFIX } from "./cleanup.ts";
import type { CleanupList } from "./cleanup_list.ts";
import { fileExists, InstallError } from "./install_error.ts";
import type { Instruction } from "./instruction.ts";
import { contextPath, setAcl, setContext } from "./security_commands.ts";

const BATCH = 256;

/** Throws InstallError, or the system's error with the path, at the first that fails. */
export async function perform(
  instructions: readonly Instruction[],
  list: Pick<CleanupList, "append">,
  accounts: Accounts,
): Promise<void> {
  for (let begin = 0; begin < instructions.length; begin += BATCH) {
    const batch = instructions.slice(begin, begin + BATCH);
    list.append(batch.filter(isMade).map(({ path }) => path));
    for (const instruction of batch) {
      try {
        performOne(instruction, list, accounts);
      } catch (error) {
        throw explained(instruction, error);
      }
    }
    await setImmediate();
  }
}

function isMade({ kind }: Instruction): boolean {
  return kind === "mkdir" || kind === "copy" || kind === "symlink";
}

function performOne(
  instruction: Instruction,
  list: Pick<CleanupList, "append">,
  accounts: Accounts,
): void {
  const { path } = instruction;
  switch (instruction.kind) {
    case "mkdir":
      return makeDirectory(path);
    case "copy":
      return copy(instruction.source, path);
    case "symlink":
      return symlinkSync(instruction.target, path);
    case "chmod":
      return chmodSync(path, Number.parseInt(instruction.mode, 8));
    case "setfacl":
      return setAcl(path, instruction.acls);
    case "semanage": {
      const labelled = contextPath(path);
      list.append([`${CONTEXT_PREFIX}${labelled}`]);
      return setContext(labelled, instruction.context);
    }
    case "chown":
      return changeOwner(path, instruction, accounts);
  }
}

/** Two destinations may be one directory, reached through a link of the host. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST" || !lstatSync(path).isDirectory()) throw error;
  }
}

const [userId, groupId] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];

/** Copies a file with its mode, owner and time of change. */
function copy(source: string, path: string): void {
  const { mode, uid, gid, atimeMs, mtimeMs } = lstatSync(source);
  copyFileSync(source, path, constants.COPYFILE_FICLONE);
  // Only root may give files away; anyone else's copies stay their own, as with `cp -p`.
  if (userId === 0 && (uid !== userId || gid !== groupId)) {
    chownSync(path, uid, gid);
    if (mode & 0o6000) chmodSync(path, mode & 0o7777); // chown took setuid and setgid away
  }
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
}

function changeOwner(
  path: string,
  { owner, group }: Extract<Instruction, { kind: "chown" }>,
  accounts: Accounts,
): void {
  const uid = owner === undefined ? undefined : accounts.user(owner);
  const gid = group === undefined ? undefined : accounts.group(group);
  if (owner !== undefined && uid === undefined) throw unknownName(path, "user", owner);
  if (group !== undefined && gid === undefined) throw unknownName(path, "group", group);
  const before = lstatSync(path);
  // A link itself changes hands, not what it leads to (trap 11).
  const change = before.isSymbolicLink() ? lchownSync : chownSync;
  change(path, uid ?? before.uid, gid ?? before.gid);
}

function unknownName(path: string, kind: "user" | "group", name: string): InstallError {
  return new InstallError(
    path,
    `can't find ${kind} for ${name}: the permissions section of the AppSpec file gives ${path} to ` +
      `it. Create the ${kind} on this host or correct the AppSpec file, and then try again.`,
  );
}

function explained({ kind, path }: Instruction, error: unknown): InstallError {
  if (error instanceof InstallError) return error;
  if (systemErrorCode(error) === "EEXIST") return fileExists(path);
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The deployment failed because ${kind} ${path} did not succeed: ${reason}`;
  return new InstallError(path, message, { cause: error });
}
