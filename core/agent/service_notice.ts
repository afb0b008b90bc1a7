/**
 * What the agent tells its service manager (sd_notify(3)): that it has started, how its connection
 * stands, that it is alive, and that it is stopping. An agent that nobody supervises tells nobody.
 *
 * READY is told when the agent has started, not when its server has answered: a server that is away
 * must not keep a host's service from starting. WATCHDOG is told while the poll loop takes its turns,
 * so that a loop that hangs gets the agent restarted, though the process still breathes.
 * @module
 */
import process from "node:process";
import { clearInterval, setInterval } from "node:timers";
import { notifyService } from "../platform/notify_service.ts";

export interface ServiceManager {
  /** A path, or `@name` in the abstract namespace. */
  socket: string;
  /** Milliseconds without a sign of life after which the manager restarts the service. */
  watchdogMs?: number;
}

/** One turn of the poll loop. */
export type Turn = { kind: "answered" } | { kind: "failed"; why: string };

type Environment = Record<string, string | undefined>;

/**
 * Who supervises this process. Its variables are taken out of the environment: a service that a
 * script starts is another one, and must not speak for the agent.
 */
export function takeServiceManager(
  environment: Environment = process.env,
  pid: number = process.pid,
): ServiceManager | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete environment[name];
  if (!socket) return undefined;
  const watchdogMs = Number(WATCHDOG_USEC) / 1000;
  // With another process id the watchdog is meant for whoever started this one.
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid);
  return { socket, ...(isOurs && watchdogMs > 0 && { watchdogMs }) };
}

/** Characters of a failure that are shown. */
const REASON_AT_MOST = 200;

export class ServiceNotice {
  readonly #manager: ServiceManager | undefined;
  readonly #longestTurnMs: number;
  readonly #now: () => number;
  #turnedAt: number;
  #status = "";
  #stopping = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** A loop without a turn for `longestTurnMs` hangs. */
  constructor(
    manager: ServiceManager | undefined,
    longestTurnMs: number,
    now: () => number = Date.now,
  ) {
    this.#manager = manager;
    this.#longestTurnMs = longestTurnMs;
    this.#now = now;
    this.#turnedAt = now();
  }

  /** The agent takes orders from now on, or will when its server answers. */
  started(server: string): void {
    this.#turnedAt = this.#now();
    // The first turn may have come before.
    if (this.#status === "") this.#status = `connecting to ${server}`;
    this.#tell(`READY=1\nSTATUS=${this.#status}`);
    const every = this.#manager?.watchdogMs;
    if (every !== undefined) this.#timer = setInterval(() => this.#alive(), every / 2);
  }

  turned(turn: Turn, server: string): void {
    this.#turnedAt = this.#now();
    const why = turn.kind === "failed" ? turn.why.replaceAll(/\s+/g, " ") : "";
    this.#show(
      turn.kind === "answered"
        ? `polling ${server}`
        : `no answer from ${server}, trying again: ${why.slice(0, REASON_AT_MOST)}`,
    );
  }

  /** Running events may take their time now; that the process lives is enough. */
  stopping(): void {
    this.#stopping = true;
    this.#status = "no new orders; running events end first";
    this.#tell(`STOPPING=1\nSTATUS=${this.#status}`);
  }

  end(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
  }

  #alive(): void {
    if (this.#stopping || this.#now() - this.#turnedAt < this.#longestTurnMs) {
      this.#tell("WATCHDOG=1");
    }
  }

  #show(status: string): void {
    if (this.#stopping || status === this.#status) return;
    this.#status = status;
    this.#tell(`STATUS=${status}`);
  }

  #tell(state: string): void {
    if (this.#manager) notifyService(state, this.#manager.socket);
  }
}
