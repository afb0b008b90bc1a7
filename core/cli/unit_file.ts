/**
 * Puts the agent's service where the machine's init system finds it, and takes it away again. Files of
 * others are left as they are.
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";
import { SERVICE_MARK, SERVICE_NAME } from "./agent_service.ts";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";

export type Init = "systemd" | "openrc";

export interface ServiceFile {
  init: Init;
  path: string;
  text: string;
}

/** What installing a service needs of the machine. */
export interface ServiceMachine {
  isRoot: boolean;
  /** What has started this machine and can be asked; undefined for another, or a container. */
  init: Init | undefined;
  /** Runs a program; rejects with what it printed. */
  run(program: string, ...words: string[]): Promise<void>;
}

/** The machine this process runs on. */
export function thisMachine(path: string | undefined): ServiceMachine {
  const folders = (path ?? "").split(":").filter((folder) => folder !== "");
  const has = (program: string) => folders.some((folder) => existsSync(`${folder}/${program}`));
  return {
    isRoot: process.getuid?.() === 0,
    // sd_booted(3): the folder is there exactly while systemd is the first process. OpenRC's likewise.
    init: existsSync("/run/systemd/system") && has("systemctl")
      ? "systemd"
      : existsSync("/run/openrc") || existsSync("/sbin/openrc-run")
      ? "openrc"
      : undefined,
    async run(program, ...words) {
      await promisify(execFile)(program, words);
    },
  };
}

/** Writes the file, over one of ours only, and lets systemd read it. Throws Failure. */
export async function writeService(file: ServiceFile, machine: ServiceMachine): Promise<void> {
  const { path, text, init } = file;
  const print = `runtime agent install --init ${init} --print`;
  refuseUnlessRoot(path, machine, `${print}   to see the file`);
  if (existsSync(path) && !await isOurs(path)) throw await foreign(path);
  const draft = `${path}.new`;
  try {
    await writeFile(draft, text);
    // An OpenRC script is a program; the mode must not depend on the umask.
    await chmod(draft, init === "openrc" ? 0o755 : 0o644);
    await rename(draft, path);
  } catch (cause) {
    throw new Failure({
      exitCode: EXIT.failed,
      cause: `The service ${path} cannot be written`,
      evidence: [String(cause)],
      state: "no service was installed",
      next: [`${print}   and put the file where your system wants it`],
    }, { cause });
  }
  if (init === "systemd" && machine.init === "systemd") await reload(`${path} is written`, machine);
}

/** Stops the service and removes its file; false when there is none. Throws Failure. */
export async function removeService(
  { path, init }: Pick<ServiceFile, "path" | "init">,
  machine: ServiceMachine,
): Promise<boolean> {
  if (!existsSync(path)) return false;
  refuseUnlessRoot(path, machine);
  if (!await isOurs(path)) throw await foreign(path);
  if (machine.init === init) await stopService(init, path, machine);
  await rm(path);
  if (machine.init === "systemd") await reload(`${path} is removed`, machine);
  return true;
}

async function stopService(init: Init, path: string, machine: ServiceMachine): Promise<void> {
  try {
    if (init === "systemd") return await machine.run("systemctl", "disable", "--now", SERVICE_NAME);
    await machine.run("rc-service", "--ifstarted", SERVICE_NAME, "stop");
    await machine.run("rc-update", "--all", "delete", SERVICE_NAME);
  } catch (cause) {
    throw new Failure({
      exitCode: EXIT.failed,
      cause: "The service does not let itself be stopped",
      evidence: [said(cause)],
      state: `${path} is still there`,
      next: [init === "systemd" ? `systemctl status ${SERVICE_NAME}` : `rc-status`],
    }, { cause });
  }
}

function refuseUnlessRoot(path: string, { isRoot }: ServiceMachine, ...more: string[]): void {
  if (isRoot) return;
  throw new Failure({
    exitCode: EXIT.notAllowed,
    cause: "Only root may change the services of this machine",
    evidence: [`${path} belongs to root`],
    state: "nothing was done",
    next: ["run the same command with sudo", ...more],
  });
}

/** The first line of a script is its interpreter's, so the mark may be the second. */
async function isOurs(path: string): Promise<boolean> {
  return (await readFile(path, "utf8")).split("\n").slice(0, 2).includes(SERVICE_MARK);
}

async function foreign(path: string): Promise<Failure> {
  const [first = ""] = (await readFile(path, "utf8")).split("\n");
  return new Failure({
    exitCode: EXIT.usage,
    cause: `${path} is there already, and is not from \`runtime agent install\``,
    evidence: [`it begins with ${JSON.stringify(first)}`],
    state: "nothing was done",
    next: [`mv ${path} ${path}.old   and install again`],
  });
}

async function reload(state: string, machine: ServiceMachine): Promise<void> {
  try {
    await machine.run("systemctl", "daemon-reload");
  } catch (cause) {
    throw new Failure({
      exitCode: EXIT.failed,
      cause: "systemd did not read its units again",
      evidence: [said(cause)],
      state,
      next: ["systemctl daemon-reload"],
    }, { cause });
  }
}

function said(cause: unknown): string {
  return cause instanceof Error ? cause.message.trim() : String(cause);
}
