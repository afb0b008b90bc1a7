/**
 * Child processes of the demo: each starts this program again with other arguments. `stopAll` ends
 * whatever is left, so that the demo leaves no process behind, however it ends.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { clearTimeout, setTimeout } from "node:timers";
import { selfCommand } from "../../platform.ts";

export interface Child {
  readonly pid: number;
  /** Resolves with the first line of stdout that begins with `start`; rejects when the child ends. */
  line(start: string): Promise<string>;
  /** Every line of stdout so far. */
  readonly lines: readonly string[];
}

/** How long a child may take to end by itself before it is killed, in milliseconds. */
const GRACE = 5_000;

export class Processes {
  readonly #children: ChildProcess[] = [];

  /** Starts `runtime ARGUMENTS…`; stderr is kept for the message of a child that ends early. */
  start(argv: readonly string[], env: Record<string, string | undefined>): Child {
    const [program = "", ...fixed] = selfCommand();
    const child = spawn(program, [...fixed, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#children.push(child);
    const lines: string[] = [];
    let complaint = "";
    child.stderr.on("data", (chunk) => complaint = (complaint + chunk).slice(-2000));
    const reader = createInterface({ input: child.stdout });
    reader.on("line", (text) => lines.push(text));
    return {
      pid: child.pid ?? 0,
      lines,
      line: (start) =>
        new Promise((resolve, reject) => {
          const known = lines.find((text) => text.startsWith(start));
          if (known !== undefined) return resolve(known);
          reader.on("line", (text) => text.startsWith(start) && resolve(text));
          child.on("error", reject);
          child.on("exit", (code) => {
            reject(new Error(`runtime ${argv.join(" ")} ended with ${code}: ${complaint.trim()}`));
          });
        }),
    };
  }

  /** Runs `runtime ARGUMENTS…` to its end on the terminal of the demo; answers the exit code. */
  run(argv: readonly string[], env: Record<string, string | undefined>): Promise<number> {
    const [program = "", ...fixed] = selfCommand();
    const child = spawn(program, [...fixed, ...argv], {
      env,
      stdio: ["ignore", "inherit", "inherit"],
    });
    this.#children.push(child);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code, signal) => resolve(code ?? (signal ? 128 : 1)));
    });
  }

  /** Lets the children live on after this process. */
  release(): void {
    for (const child of this.#children) {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
    }
  }

  /** Ends the children in the reverse of their order: agents before the server. */
  async stopAll(): Promise<void> {
    for (const child of this.#children.reverse()) await stop(child);
  }
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), GRACE);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
