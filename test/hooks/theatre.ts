/**
 * Where a test lets the scripts of an event play: a folder of real scripts that any user may enter,
 * and everything that was said about them.
 * @module
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startAs } from "../../core/agent/script_user.ts";
import type { Script } from "../../core/domain/appspec.ts";
import { runScripts, type RunScriptsInput, type ScriptLine } from "../../hooks/host_script.ts";

export type Play =
  & Omit<Partial<RunScriptsInput>, "scripts" | "onLine">
  & { scripts?: Partial<Script>[] };

export class Theatre {
  readonly directory = mkdtempSync(join(tmpdir(), "runtime-hooks-"));
  readonly lines: ScriptLine[] = [];
  readonly entries: string[] = [];

  /** Scripts by name; without a first line for the kernel they get bash's. */
  constructor(scripts: Record<string, string>) {
    chmodSync(this.directory, 0o755);
    for (const [name, text] of Object.entries(scripts)) {
      const path = this.file(name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text.startsWith("#") ? text : `#!/bin/bash\n${text}\n`);
      chmodSync(path, 0o755);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The event's diagnostics; for scripts that do not ask for a reboot. */
  async run(play: Play = {}) {
    const end = await this.end(play);
    assert.ok(end.kind === "ended");
    return end.diagnostics;
  }

  end({ scripts = [{}], ...rest }: Play = {}) {
    return runScripts({
      event: "AfterInstall",
      scripts: scripts.map((script) => ({
        location: "a.sh",
        timeoutSeconds: 20,
        sudo: false,
        ...script,
      })),
      archiveDir: this.directory,
      environment: {},
      startAs,
      onLine: (line) => this.lines.push(line),
      onEntry: (entry) => this.entries.push(entry),
      ...rest,
    });
  }

  get texts(): string[] {
    return this.lines.map(({ stream, text }) => `${stream}: ${text}`);
  }

  /** What was printed to standard output, in its order. */
  get printed(): string[] {
    return this.lines.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
  }

  file(name: string): string {
    return join(this.directory, name);
  }
}

export async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; !isSo();) {
    assert.ok(Date.now() < deadline, `within ten seconds: ${what}`);
    await setTimeout(5);
  }
}

/** A zombie has ended, though nobody has asked for its end yet. */
export function isRunning(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && !/\) [ZX] /.test(readFileSync(path, "utf8"));
}
