/**
 * `<pid_dir>/<program_name>.pid`, by which init scripts and monitors find the agent. It is written
 * where pid_dir is given; what keeps two agents apart is the lock of the root.
 * @module
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { AgentFailure, EXIT } from "./failure.ts";
import { isMissing } from "./system_error.ts";

/** Writes the file; answers how to remove it. */
export async function writePidFile(path: string): Promise<() => Promise<void>> {
  const own = `${process.pid}\n`;
  const draft = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, own, { mode: 0o644 });
    await rename(draft, path);
  } catch (cause) {
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: `The file of the agent's process id, ${path}, cannot be written`,
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "the agent has not started",
      next: "run the agent as a user who may write there, or change :pid_dir:",
    }, { cause });
  }
  return async () => {
    // Another agent with the same name may have put its own there since.
    if (await textOf(path) === own) await rm(path, { force: true });
  };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
