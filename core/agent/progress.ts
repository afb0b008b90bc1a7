/**
 * Tells the server how an order goes: changed events at once, printed lines a little later and many
 * together, one request at a time. What comes while a request is under way goes with the next. Lines
 * that may have arrived are sent again as they were, under the same mark, so that the server can tell.
 *
 * The run never waits for this. When the server cannot be reached, the newest state of each event is
 * kept, and lines up to a limit, of which the oldest give way first.
 * @module
 */
import { randomUUID } from "node:crypto";
import { clearTimeout, setTimeout } from "node:timers";
import type { LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type {
  Completion,
  LogLine,
  Progress as Update,
  UpdateMark,
} from "../wire/agent_protocol.ts";
import { Backoff, pause } from "./backoff.ts";
import { log } from "./log.ts";

/** Milliseconds that printed lines wait for company. */
const LINES_WAIT = 100;
/** Milliseconds that a flush waits for a server that does not answer. */
const FLUSH_AT_MOST = 3_000;
/** Characters of unsent lines kept. */
const KEEP_AT_MOST = 1024 * 1024;
/** Characters of lines in one request. */
const SEND_AT_MOST = 256 * 1024;
/** Characters of one line; the rest of a longer one is cut off. */
const LINE_AT_MOST = 16 * 1024;
/** What a line costs beyond its text. */
const LINE_OVERHEAD = 80;

/** Sends one update; answers whether the server still wants the order. */
export type SendUpdate = (update: Update, signal: AbortSignal) => Promise<"wanted" | "unwanted">;

/** Lines for the completion; the first of them may have been sent before. */
export interface Unsent {
  lines: LogLine[];
  sentBefore?: Completion["sent_before"];
}

export class Progress {
  readonly #send: SendUpdate;
  readonly #onUnwanted: () => void;
  readonly #closing = new AbortController();
  readonly #backoff = new Backoff();
  readonly #run = randomUUID();
  #sequence = 0;
  /** Lines that were sent and not yet answered. */
  #batch: { lines: LogLine[]; mark: UpdateMark } | undefined;
  #events = new Map<LifecycleEventName, LifecycleEvent>();
  #lines: LogLine[] = [];
  #size = 0;
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;

  constructor(send: SendUpdate, onUnwanted: () => void) {
    this.#send = send;
    this.#onUnwanted = onUnwanted;
  }

  event(event: LifecycleEvent): void {
    this.#events.set(event.name, { ...event });
    this.#sendNow();
  }

  line(line: LogLine): void {
    const text = line.text.length > LINE_AT_MOST
      ? line.text.slice(0, LINE_AT_MOST) + "…"
      : line.text;
    this.#push({ ...line, text });
    if (!this.#sending) this.#timer ??= setTimeout(() => this.#sendNow(), LINES_WAIT);
  }

  /** Sends what there is without waiting for company; settles when that is done, or soon after. */
  async flush(): Promise<void> {
    this.#sendNow();
    const late = new AbortController();
    await Promise.race([this.#sending, pause(FLUSH_AT_MOST, late.signal)]);
    late.abort();
  }

  /**
   * Sends nothing more. Answers the lines that are not known to have arrived: they go with the
   * completion, as the events do. It need not wait for a request under way: the mark of its lines,
   * which come first, lets the server keep them once.
   */
  close(): Unsent {
    this.#closing.abort();
    clearTimeout(this.#timer);
    const rest = this.#takeLines(KEEP_AT_MOST);
    if (!this.#batch) return { lines: rest };
    const { lines, mark } = this.#batch;
    return { lines: [...lines, ...rest], sentBefore: { ...mark, lines: lines.length } };
  }

  /** Settles when no request is under way. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  #sendNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#closing.signal.aborted) this.#sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    const closing = this.#closing.signal;
    while (!closing.aborted && this.#hasNews()) {
      const events = this.#events;
      this.#events = new Map();
      const batch = this.#batch ??= this.#nextBatch();
      try {
        // Not ended by `close`: what it carries is of use as long as the order runs.
        const never = new AbortController().signal;
        const update = { events: [...events.values()], log: batch?.lines ?? [] };
        const answer = await this.#send({ ...update, ...(batch && { mark: batch.mark }) }, never);
        this.#batch = undefined;
        if (answer === "unwanted") this.#onUnwanted();
        this.#backoff.reset();
      } catch (error) {
        log.info("progress not sent: {error}", { error: String(error) });
        this.#events = new Map([...events, ...this.#events]);
        await pause(this.#backoff.next(), closing);
      }
    }
    this.#sending = undefined;
  }

  #push(line: LogLine): void {
    this.#lines.push(line);
    this.#size += cost(line);
    this.#trim();
  }

  #hasNews(): boolean {
    return this.#events.size > 0 || this.#batch !== undefined || this.#lines.length > 0;
  }

  #nextBatch(): { lines: LogLine[]; mark: UpdateMark } | undefined {
    const lines = this.#takeLines(SEND_AT_MOST);
    if (lines.length === 0) return undefined;
    return { lines, mark: { run: this.#run, sequence: ++this.#sequence } };
  }

  #trim(): void {
    let excess = 0;
    while (this.#size > KEEP_AT_MOST) {
      const oldest = this.#lines[excess++];
      if (!oldest) break;
      this.#size -= cost(oldest);
    }
    this.#lines.splice(0, excess);
    this.#dropped += excess;
  }

  /** Removes the oldest lines, up to a size; a marker stands for those that were dropped. */
  #takeLines(atMost: number): LogLine[] {
    const taken: LogLine[] = [];
    const [first] = this.#lines;
    if (this.#dropped > 0 && first) {
      const text = `[${this.#dropped} earlier lines were dropped: the server could not be reached]`;
      taken.push({ event: first.event, stream: "agent", at: first.at, text });
      this.#dropped = 0;
    }
    let size = 0;
    let count = 0;
    for (const line of this.#lines) {
      if (count > 0 && size + cost(line) > atMost) break;
      size += cost(line);
      count++;
    }
    taken.push(...this.#lines.splice(0, count));
    this.#size -= size;
    return taken;
  }
}

function cost(line: LogLine): number {
  return line.text.length + LINE_OVERHEAD;
}
