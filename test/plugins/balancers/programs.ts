/** Processes of a test: hosts' applications and balancers, gone when the test ends. @module */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import type { BalancedHost, DeploymentView } from "../../../core/plugin/contract.ts";
import { type ContextInput, createPluginContext } from "../../../core/plugin/plugin_context.ts";

export const DEPLOYMENT: DeploymentView = { id: "d-1", application: "shop", group: "web" };

/** A port nobody listened at a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // because it listens at a port
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "balancer-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** Takes a port and a name. */
export const PROGRAM = decodeURIComponent(new URL("backend_program.ts", import.meta.url).pathname);

/** The application of one host, which can be killed and started again. */
export class Backend {
  readonly host: BalancedHost;
  readonly port: number;
  #child: ChildProcess | undefined;

  private constructor(name: string, port: number) {
    this.port = port;
    this.host = { name, tags: [{ Key: "address", Value: `127.0.0.1:${port}` }] };
  }

  static async start(name: string): Promise<Backend> {
    const backend = new Backend(name, await freePort());
    await backend.start();
    return backend;
  }

  /** Settles when it listens. */
  async start(): Promise<void> {
    const words = ["run", "-A", "--no-check", PROGRAM, String(this.port), this.host.name];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", () => resolve());
      child.once("exit", (code) => reject(new Error(`the backend ended with ${code}`)));
    });
  }

  async kill(): Promise<void> {
    await ended(this.#child, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await exit;
}

/** A program that runs in the foreground until the test ends. */
export async function balancer(command: readonly string[], isThere: () => Promise<boolean>) {
  const [program = "", ...words] = command;
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => said += chunk);
  for (let look = 0; !(await isThere()); look++) {
    const dead = child.exitCode !== null || child.signalCode !== null;
    if (dead || look > 500) throw new Error(`${command.join(" ")} is not there: ${said}`);
    await setTimeout(20);
  }
  return { child, [Symbol.asyncDispose]: () => ended(child, "SIGTERM") };
}

/** The context of a step, for real, with what was logged. Nobody waits long for an answer. */
export function step(changes: Partial<ContextInput> = {}) {
  const lines: string[] = [];
  const ctx = createPluginContext({
    signal: new AbortController().signal,
    now: Date.now,
    log: (line) => void lines.push(line),
    secretsFolder: "/nowhere",
    timeLapse: 1,
    timeoutMs: 1000,
    ...changes,
  });
  return { ctx, lines };
}
