/**
 * The agent as a process of its own, for who starts and stops it without a service manager: found by
 * the lock of its root, started apart from this process, told to end by SIGTERM.
 * @module
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { selfCommand } from "../platform.ts";
import { readSettings } from "./config.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import { JournalError, readJournal } from "./journal.ts";
import { layout } from "./layout.ts";
import { type FailureReport, reportOf } from "./local_failure.ts";
import { workerOf } from "./lock.ts";
import { isRunning, markOf, type ProcessMark } from "./process_mark.ts";
import { recentOrders } from "./recent_orders.ts";
import { isMissing, systemErrorCode } from "./system_error.ts";

export interface AgentProcess {
  pid: number;
  /** Lines of `/proc/PID/cgroup`, by which a service manager's processes are known. */
  cgroup: string;
  /** Deployments that its journal has begun and not ended. */
  deploying: readonly string[];
}

/** Milliseconds: the TLS check at the start may take ten seconds before the lock is taken. */
const STARTED_WITHIN = 20_000;
const LOOK_EVERY = 50;
/** What an agent needs to end after the time that it gave the running event. */
const LAST_STEPS = 10_000;

type Answer<T> = Promise<T | { failure: FailureReport }>;

/** The agent at work by this configuration; a failure when that cannot be told. */
export function findAgent(config: string): Answer<{ agent: AgentProcess | undefined }> {
  return answer(async () => ({ agent: await find(config) }));
}

/**
 * Starts the agent in a session of its own; answers its process id once it holds its root, or is
 * still waiting for its server after 20 seconds. A failure tells what it said when it ended.
 */
export function launchAgent(config: string): Answer<{ pid: number }> {
  return answer(async () => ({ pid: await launch(config) }));
}

/** Sends SIGTERM and waits; `ended` is false some seconds after `kill_agent_max_wait_time_seconds`. */
export function endAgent(config: string): Answer<{ ended: boolean }> {
  return answer(async () => ({ ended: await end(config) }));
}

async function answer<T>(work: () => Promise<T>): Answer<T> {
  try {
    return await work();
  } catch (error) {
    return { failure: reportOf(error) };
  }
}

async function find(config: string): Promise<AgentProcess | undefined> {
  const { root_dir } = await readSettings(config);
  try {
    const { root } = layout(root_dir);
    const worker = await workerOf(root);
    if (!worker) return undefined;
    const records = await readJournal(join(root, "journal.jsonl"));
    const deploying = recentOrders(records, Infinity)
      .filter(({ status }) => status === "InProgress")
      .map(({ deploymentId = "an order" }) => deploymentId);
    return { pid: worker.pid, cgroup: cgroupOf(worker.pid), deploying };
  } catch (cause) {
    if (!(cause instanceof JournalError) && systemErrorCode(cause) === undefined) throw cause;
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: "The agent's files cannot be read",
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "nothing was done",
      next: "run it as the user of the agent",
    }, { cause });
  }
}

async function launch(config: string): Promise<number> {
  const { root_dir, log_dir, program_name } = await readSettings(config);
  // The agent keeps its own log; here is only what it says before that is open, or as it falls.
  const said = join(log_dir, `${program_name}.out`);
  const pid = spawnApart(config, said, log_dir);
  const mark = markOf(pid);
  for (const deadline = Date.now() + STARTED_WITHIN; Date.now() < deadline; await pause()) {
    if ((await workerOf(root_dir))?.pid === pid) return pid;
    if (mark && isRunning(mark)) continue;
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: "The agent ended as soon as it was started",
      evidence: readFileSync(said, "utf8").trim() || `it left nothing in ${said}`,
      state: "no agent runs",
      next: `mend what it says, then start it again; its log is in ${log_dir}`,
    });
  }
  return pid;
}

async function end(config: string): Promise<boolean> {
  const settings = await readSettings(config);
  const worker = await workerOf(settings.root_dir);
  if (!worker) return true;
  terminate(worker);
  const deadline = Date.now() + settings.kill_agent_max_wait_time_seconds * 1000 + LAST_STEPS;
  while (isRunning(worker)) {
    if (Date.now() >= deadline) return false;
    await pause();
  }
  return true;
}

function spawnApart(config: string, said: string, logDir: string): number {
  try {
    mkdirSync(logDir, { recursive: true });
    const output = openSync(said, "w", 0o640);
    const [program = "", ...fixed] = selfCommand();
    const child = spawn(program, [...fixed, "agent", "--config", config], {
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    child.unref();
    if (child.pid === undefined) throw new Error(`${program} cannot be started`);
    return child.pid;
  } catch (cause) {
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: "The agent cannot be started",
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "no agent runs",
      next: "run it as a user who may write to :log_dir:",
    }, { cause });
  }
}

function terminate(worker: ProcessMark): void {
  try {
    process.kill(worker.pid, "SIGTERM");
  } catch (cause) {
    if (systemErrorCode(cause) === "ESRCH") return; // it ended by itself meanwhile
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: `The agent, process ${worker.pid}, cannot be stopped`,
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "it goes on",
      next: "run it as root or as the user of the agent",
    }, { cause });
  }
}

function cgroupOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === "ESRCH") return "";
    throw error;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
}
