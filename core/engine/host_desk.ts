/**
 * The desk where hosts ask for work: orders that wait for a host, and the long polls of hosts that
 * wait for an order. An order wakes exactly the host it is for.
 *
 * Nothing here is durable. After a restart the runners lay out the orders of running targets again,
 * and an agent that has one already ignores it.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { UpdateMark } from "../wire/agent_protocol.ts";

/** An agent that takes single events may be slow to acknowledge one; milliseconds. */
const REPEAT_EVENT_AFTER = 60_000;
/** What was handed out in an answer that got lost is repeated after this time, in milliseconds. */
const REPEAT_AFTER = 5_000;

interface Paper {
  commandId: string;
  nonce: number;
  toldAt?: number;
  cancelled: boolean;
  cancelToldAt?: number;
  /** The event that `toldAt` is about, for an agent that takes one event at a time. */
  toldEvent?: string;
  /** The last lines that came with a mark, and when they are on disk. */
  lines?: { mark: UpdateMark; stored: Promise<void> } | undefined;
}

export interface Handout {
  /** The order to carry out, if any. */
  commandId?: string;
  /** Orders the host holds that it should end after their current event. */
  cancel: string[];
}

/** Who asks one event at a time names no orders that it holds. */
type Attending = Omit<PollRequest, "running"> & Partial<Pick<PollRequest, "running">>;

interface Desk {
  papers: Map<string, Paper>;
  /** The host's open poll; a newer one takes its place. */
  poll?: Attending | undefined;
  /** Has the open poll look again, or notice that it was replaced. */
  wake?: (() => void) | undefined;
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
  readonly #repeatAfter: number;
  #closed = false;

  constructor(now: () => number, repeatAfter = REPEAT_AFTER) {
    this.#now = now;
    this.#repeatAfter = repeatAfter;
  }

  /**
   * Lays an order out; a host that waits gets it at once. Orders are handed out by their numbers, and
   * one only when the host holds those before it: an agent refuses a number below one it has taken.
   */
  give(host: string, { id: commandId, nonce }: { id: string; nonce: number }): void {
    const desk = this.#desk(host);
    const paper: Paper = { commandId, nonce, cancelled: false };
    const papers = [...desk.papers.values(), paper];
    papers.sort((a, b) => a.nonce - b.nonce);
    desk.papers = new Map(papers.map((paper) => [paper.commandId, paper]));
    desk.wake?.();
  }

  /** Asks the host to end an order after its current event. */
  cancel(host: string, commandId: string): void {
    const desk = this.#desks.get(host);
    const paper = desk?.papers.get(commandId);
    if (!paper) return;
    paper.cancelled = true;
    desk?.wake?.();
  }

  /** The order is done with; it is never handed out again. */
  remove(host: string, commandId: string): void {
    const desk = this.#desks.get(host);
    desk?.papers.delete(commandId);
    if (desk) this.#tidy(host, desk);
  }

  /** Whether the host's open poll names the order as one it holds. */
  isHeld(host: string, commandId: string): boolean {
    return this.#desks.get(host)?.poll?.running?.has(commandId) ?? false;
  }

  /**
   * Lines of an order with this mark are being stored; should that fail, they count as never come.
   * Nothing is remembered of an order that was not laid out.
   */
  keepMark(host: string, commandId: string, mark: UpdateMark, stored: Promise<void>): void {
    const paper = this.#desks.get(host)?.papers.get(commandId);
    if (!paper) return;
    const lines = { mark, stored };
    paper.lines = lines;
    stored.catch(() => {
      if (paper.lines === lines) paper.lines = undefined;
    });
  }

  /** For lines that have come before: settles when they are on disk. An agent sends its marks in turn. */
  storedBefore(host: string, commandId: string, mark: UpdateMark): Promise<void> | undefined {
    const last = this.#desks.get(host)?.papers.get(commandId)?.lines;
    const isRepeat = last?.mark.run === mark.run && mark.sequence <= last.mark.sequence;
    return isRepeat ? last.stored : undefined;
  }

  /** Hands out what there is for a host, waiting for it if need be. A newer poll ends an older one. */
  async poll(request: PollRequest): Promise<Handout> {
    const handout = await this.#attend(request, (desk) => {
      const { repeatAt, ...found } = this.#look(desk, request.running);
      const isEmpty = found.commandId === undefined && found.cancel.length === 0;
      return { answer: isEmpty ? undefined : found, againAt: repeatAt };
    });
    return handout ?? { cancel: [] };
  }

  /**
   * The next event for an agent that takes one at a time: `eventOf` says which one an order is at, if
   * any. An event whose answer was lost is handed out again after a while.
   */
  nextEvent<Event extends string>(
    request: Omit<PollRequest, "running">,
    eventOf: (commandId: string) => Event | undefined,
  ): Promise<{ commandId: string; event: Event } | undefined> {
    return this.#attend(request, (desk) => {
      let againAt = Infinity;
      for (const paper of desk.papers.values()) {
        const event = eventOf(paper.commandId);
        if (event === undefined) continue;
        const repeatAt = (paper.toldAt ?? -Infinity) + REPEAT_EVENT_AFTER;
        if (paper.toldEvent === event && repeatAt > this.#now()) {
          againAt = Math.min(againAt, repeatAt);
          continue;
        }
        paper.toldEvent = event;
        paper.toldAt = this.#now();
        return { answer: { commandId: paper.commandId, event }, againAt };
      }
      return { answer: undefined, againAt };
    });
  }

  /** Has the host's open poll look again. */
  wake(host: string): void {
    this.#desks.get(host)?.wake?.();
  }

  /** Looks at a host's desk until there is an answer, the time is over or the host has hung up. */
  async #attend<Answer>(
    request: Attending,
    look: (desk: Desk) => { answer: Answer | undefined; againAt: number },
  ): Promise<Answer | undefined> {
    const desk = this.#desk(request.host);
    desk.poll = request;
    desk.wake?.();
    const until = this.#now() + request.waitMs;
    while (desk.poll === request) {
      // A host that hung up would take what it is handed with it.
      const gone = request.signal.aborted;
      const { answer, againAt } = gone ? { answer: undefined, againAt: Infinity } : look(desk);
      const now = this.#now();
      if (answer !== undefined || until <= now || gone || this.#closed) {
        desk.poll = undefined;
        this.#tidy(request.host, desk);
        return answer;
      }
      await waitAtDesk(desk, Math.min(until, againAt) - now, request.signal);
    }
    return undefined;
  }

  /** Ends all polls; later ones are answered at once. */
  close(): void {
    this.#closed = true;
    for (const desk of this.#desks.values()) desk.wake?.();
  }

  #desk(host: string): Desk {
    let desk = this.#desks.get(host);
    if (!desk) this.#desks.set(host, desk = { papers: new Map() });
    return desk;
  }

  #tidy(host: string, desk: Desk): void {
    if (desk.papers.size === 0 && !desk.poll) this.#desks.delete(host);
  }

  /** What is due for a host now, and when something told before is to be repeated. */
  #look(desk: Desk, running: ReadonlySet<string>): Handout & { repeatAt: number } {
    const now = this.#now();
    const handout: typeof NOTHING = { ...NOTHING, cancel: [] };
    const due = (toldAt = -Infinity) => {
      const at = toldAt + this.#repeatAfter;
      if (at > now) handout.repeatAt = Math.min(handout.repeatAt, at);
      return at <= now;
    };
    const papers = [...desk.papers.values()];
    for (const paper of papers.filter(({ commandId }) => running.has(commandId))) {
      if (!paper.cancelled || !due(paper.cancelToldAt)) continue;
      paper.cancelToldAt = now;
      handout.cancel.push(paper.commandId);
    }
    const next = papers.find(({ commandId }) => !running.has(commandId));
    if (next && due(next.toldAt)) {
      next.toldAt = now;
      handout.commandId = next.commandId;
    }
    return handout;
  }
}

const NOTHING: Handout & { repeatAt: number } = { cancel: [], repeatAt: Infinity };

/** Waits to be woken, for the time, or for the host to hang up. */
function waitAtDesk(desk: Desk, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      if (desk.wake === end) desk.wake = undefined;
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    desk.wake = end;
  });
}
