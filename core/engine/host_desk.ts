/**
 * The desk where hosts ask for work: orders that wait for a host, and the long polls of hosts that
 * wait for an order. An order wakes exactly the host it is for.
 *
 * Nothing here is durable. After a restart the runners lay out the orders of running targets again,
 * and an agent that has one already ignores it.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";

/** A lost answer is repeated after this time, in milliseconds. */
const REPEAT_AFTER = 5_000;

interface Paper {
  commandId: string;
  toldAt?: number;
  cancelled: boolean;
  cancelToldAt?: number;
}

export interface Handout {
  /** The order to carry out, if any. */
  commandId?: string;
  /** Orders the host holds that it should end after their current event. */
  cancel: string[];
}

interface Desk {
  papers: Map<string, Paper>;
  /** Has the host's open poll look again, or leave because a newer one took its place. */
  wake?: ((then: "look" | "leave") => void) | undefined;
}

export interface PollRequest {
  host: string;
  /** Orders the host holds already. */
  running: ReadonlySet<string>;
  /** Milliseconds to wait for something to hand out. */
  waitMs: number;
  signal: AbortSignal;
}

export class HostDesk {
  readonly #desks = new Map<string, Desk>();
  readonly #now: () => number;
  #closed = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Lays an order out; a host that waits gets it at once. */
  give(host: string, commandId: string): void {
    const desk = this.#desk(host);
    desk.papers.set(commandId, { commandId, cancelled: false });
    desk.wake?.("look");
  }

  /** Asks the host to end an order after its current event. */
  cancel(host: string, commandId: string): void {
    const desk = this.#desk(host);
    const paper = desk.papers.get(commandId);
    if (!paper) return;
    paper.cancelled = true;
    desk.wake?.("look");
  }

  /** The order is done with; it is never handed out again. */
  remove(host: string, commandId: string): void {
    const desk = this.#desks.get(host);
    desk?.papers.delete(commandId);
    if (desk && desk.papers.size === 0 && !desk.wake) this.#desks.delete(host);
  }

  /** Hands out what there is for a host, waiting for it if need be. A newer poll ends an older one. */
  async poll(request: PollRequest): Promise<Handout> {
    const desk = this.#desk(request.host);
    desk.wake?.("leave");
    const until = this.#now() + request.waitMs;
    while (true) {
      const handout = this.#look(desk, request.running);
      const left = until - this.#now();
      const over = left <= 0 || request.signal.aborted || this.#closed;
      if (handout.commandId || handout.cancel.length > 0 || over) return handout;
      const then = await waitAtDesk(desk, left, request.signal);
      if (then === "leave") return { cancel: [] };
    }
  }

  /** Ends all polls; later ones are answered at once. */
  close(): void {
    this.#closed = true;
    for (const desk of this.#desks.values()) desk.wake?.("look");
  }

  #desk(host: string): Desk {
    let desk = this.#desks.get(host);
    if (!desk) this.#desks.set(host, desk = { papers: new Map() });
    return desk;
  }

  #look(desk: Desk, running: ReadonlySet<string>): Handout {
    const now = this.#now();
    const due = (toldAt: number | undefined) => toldAt === undefined || now - toldAt > REPEAT_AFTER;
    const handout: Handout = { cancel: [] };
    for (const paper of desk.papers.values()) {
      if (running.has(paper.commandId)) {
        if (!paper.cancelled || !due(paper.cancelToldAt)) continue;
        paper.cancelToldAt = now;
        handout.cancel.push(paper.commandId);
      } else if (!handout.commandId && due(paper.toldAt)) {
        paper.toldAt = now;
        handout.commandId = paper.commandId;
      }
    }
    return handout;
  }
}

/** Waits to be woken, for the time, or for the host to hang up. */
function waitAtDesk(desk: Desk, ms: number, signal: AbortSignal): Promise<"look" | "leave"> {
  return new Promise((resolve) => {
    const end = (then: "look" | "leave") => {
      clearTimeout(timer);
      signal.removeEventListener("abort", look);
      if (desk.wake === end) desk.wake = undefined;
      resolve(then);
    };
    const look = () => end("look");
    const timer = setTimeout(look, ms);
    signal.addEventListener("abort", look);
    desk.wake = end;
  });
}
