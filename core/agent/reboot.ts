/**
 * Restarts this machine when a script of a deployment asks for it. While a restart is wanted no order
 * begins another event, and events under way end first: what ran when a machine goes down has failed.
 * @module
 */
import { setTimeout } from "node:timers";
import type { Outcome } from "../../hooks/script_process.ts";
import { pause } from "./backoff.ts";
import { log } from "./log.ts";
import { bootId } from "./process_mark.ts";

/** Milliseconds that the command may take, and the machine then to go down. */
const PATIENCE = 5 * 60_000;

/** The machine was not restarted; the message says why. */
export class RebootFailed extends Error {
  override readonly name = "RebootFailed";
}

export interface RebootSettings {
  /** A program and its arguments (`:reboot_command:`). */
  command: readonly string[];
  /** Where to read which boot this is; the kernel's own file without. */
  bootIdFile?: string | undefined;
  /** Milliseconds; PATIENCE without. */
  patience?: number | undefined;
}

export class Reboots {
  readonly #settings: RebootSettings;
  /** Events under way, and how many of them wait for the restart. */
  #active = 0;
  #asking = 0;
  #wanted = 0;
  #restarting: Promise<"stopping" | "still running"> | undefined;
  #changed = () => {};
  /** Called when a restart that orders have paused for did not come. */
  onGivenUp: () => void = () => {};

  constructor(settings: RebootSettings) {
    this.#settings = settings;
  }

  /** Of the boot this is. Throws when the file cannot be read. */
  get boot(): string {
    return bootId(this.#settings.bootIdFile);
  }

  get command(): string {
    return this.#settings.command.join(" ");
  }

  get isWanted(): boolean {
    return this.#wanted > 0;
  }

  /** No order begins an event from now on, until the answer is called: the restart is given up. */
  want(): () => void {
    this.#wanted++;
    return () => {
      this.#wanted--;
      // Not before whoever paused for it has paused.
      if (!this.isWanted) setTimeout(() => this.onGivenUp(), 0);
    };
  }

  /** An event is under way from now on; call the answer when it has ended. */
  begin(): () => void {
    this.#active++;
    return () => {
      this.#active--;
      this.#changed();
    };
  }

  /**
   * Has the machine restarted, from within an event. Settles when the agent is told to stop, as a
   * machine that goes down tells it, or when the machine is still running after a while. Throws
   * RebootFailed when the command fails.
   */
  async ask(stopping: AbortSignal): Promise<"stopping" | "still running"> {
    this.#asking++;
    this.#changed();
    try {
      this.#restarting ??= this.#restart(stopping).finally(() => this.#restarting = undefined);
      return await this.#restarting;
    } finally {
      this.#asking--;
    }
  }

  async #restart(stopping: AbortSignal): Promise<"stopping" | "still running"> {
    while (this.#active > this.#asking) {
      await new Promise<void>((resolve) => this.#changed = resolve);
    }
    if (stopping.aborted) return "stopping";
    log.warn("this machine is restarted: {command}", { command: this.command });
    await this.#run();
    await pause(this.#settings.patience ?? PATIENCE, stopping);
    return stopping.aborted ? "stopping" : "still running";
  }

  async #run(): Promise<void> {
    const { runProcess } = await import("../../hooks/script_process.ts");
    const [program = "", ...words] = this.#settings.command;
    let last = "";
    const outcome = await runProcess({
      command: [program, ...words],
      environment: {},
      timeoutSeconds: (this.#settings.patience ?? PATIENCE) / 1000,
      onLine: (_, text) => void (last = text),
    });
    const fault = faultOf(outcome);
    if (fault) throw new RebootFailed(`"${this.command}" ${fault}${last && `: ${last}`}`);
  }
}

function faultOf(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "exited":
      return outcome.code === 0 ? undefined : `exited with code ${outcome.code}`;
    case "killed":
      return `was ended by ${outcome.signal}`;
    case "notStarted":
      return `could not be started: ${outcome.error.message}`;
    case "timedOut":
    case "leftOpen":
    case "aborted":
      return "did not end in time";
  }
}
