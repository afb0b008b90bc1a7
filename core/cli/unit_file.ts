/**
 * Puts a unit where systemd finds it, and lets systemd read it when there is one.
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";
import { UNIT_MARK } from "./systemd_unit.ts";

/** What installing a unit needs of the machine. */
export interface UnitMachine {
  isRoot: boolean;
  /** systemd started this machine and can be asked to read its units again. */
  hasSystemd: boolean;
  /** `systemctl daemon-reload`; rejects with what it printed. */
  reload(): Promise<void>;
}

/** The machine this process runs on. */
export function thisMachine(path: string | undefined): UnitMachine {
  const folders = (path ?? "").split(":").filter((folder) => folder !== "");
  return {
    isRoot: process.getuid?.() === 0,
    // sd_booted(3): the folder is there exactly while systemd is the first process.
    hasSystemd: existsSync("/run/systemd/system") &&
      folders.some((folder) => existsSync(`${folder}/systemctl`)),
    async reload() {
      await promisify(execFile)("systemctl", ["daemon-reload"]);
    },
  };
}

/** Writes the unit, over one of ours only. Throws Failure. */
export async function writeUnit(path: string, unit: string, machine: UnitMachine): Promise<void> {
  if (!machine.isRoot) {
    throw new Failure({
      exitCode: EXIT.notAllowed,
      cause: "Only root can install a service",
      evidence: [`${path} belongs to root`],
      state: "nothing was done",
      next: ["run the same command with sudo", "runtime agent install --print   to see the unit"],
    });
  }
  await refuseForeign(path);
  const draft = `${path}.new`;
  try {
    await writeFile(draft, unit, { mode: 0o644 });
    await rename(draft, path);
  } catch (cause) {
    throw new Failure({
      exitCode: EXIT.failed,
      cause: `The unit ${path} cannot be written`,
      evidence: [String(cause)],
      state: "no service was installed",
      next: ["runtime agent install --print   and put the unit where your system wants it"],
    }, { cause });
  }
  if (machine.hasSystemd) await reload(path, machine);
}

async function refuseForeign(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const [first = ""] = (await readFile(path, "utf8")).split("\n");
  if (first === UNIT_MARK) return;
  throw new Failure({
    exitCode: EXIT.usage,
    cause: `${path} is there already, and is not from \`runtime agent install\``,
    evidence: [`its first line is ${JSON.stringify(first)}`],
    state: "nothing was done",
    next: [`mv ${path} ${path}.old   and install again`],
  });
}

async function reload(path: string, machine: UnitMachine): Promise<void> {
  try {
    await machine.reload();
  } catch (cause) {
    throw new Failure({
      exitCode: EXIT.failed,
      cause: "systemd did not read its units again",
      evidence: [cause instanceof Error ? cause.message.trim() : String(cause)],
      state: `${path} is written`,
      next: ["systemctl daemon-reload"],
    }, { cause });
  }
}
