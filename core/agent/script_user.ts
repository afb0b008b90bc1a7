/**
 * How a script is started as the user that `runas` names.
 *
 * CodeDeploy's agent asks `su`, which runs the user's shell: that fails for users who may not log in,
 * and needs care for every blank of a path. Here this program is started once more, becomes the user
 * with all their groups, and then the script. The environment is the one `su` makes.
 * @module
 */
import process from "node:process";
import { selfCommand } from "../platform.ts";
import { canBecomeProgram } from "../platform/become_program.ts";
import { launchWords } from "../platform/launch_words.ts";
import type { UserStart } from "../../hooks/script_command.ts";
import { type Account, findAccount } from "./install/accounts.ts";
import { log } from "./log.ts";

/** The way to start a script as this user, or why there is none and what to do about it. */
export function startAs(
  runas: string,
  ownUid = process.geteuid?.() ?? 0,
): UserStart | { refusal: string } {
  const account = findAccount(runas);
  if (!account) {
    const add = `add the user (useradd ${runas})`;
    return { refusal: `this host has no such user; ${add} or change runas in the AppSpec` };
  }
  if (account.uid === ownUid) return { before: [], environment: userEnvironment(account) };
  if (ownUid !== 0) {
    const refusal =
      `the agent runs as user ${ownUid}, and root alone may start a script as another; ` +
      "run the agent as root or remove runas from the AppSpec";
    return { refusal };
  }
  const { name, uid, gid } = account;
  const environment = userEnvironment(account);
  if (!canBecomeProgram()) {
    const remark =
      "the C library cannot be called, so scripts of {runas} have their first group only";
    log.warn(remark, { runas });
    return { before: [], environment, ids: { uid, gid } };
  }
  const user = { uid, gid, ...(name !== undefined && { name }) };
  return { before: [...selfCommand(), ...launchWords({ user, environment })], environment: {} };
}

/** What `su` sets; PATH stays. */
function userEnvironment({ name, uid, home, shell }: Account): Record<string, string> {
  const user = name ?? String(uid);
  return { HOME: home, SHELL: shell, USER: user, LOGNAME: user };
}
