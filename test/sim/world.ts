/**
 * The time and the chance of one history. Time is a list of what is to happen and moves from one entry
 * to the next; every choice is drawn from one seed. So a history is the same each time it is played,
 * and nothing in it waits.
 * @module
 */
import { setImmediate } from "node:timers";
import { type Random, randomFrom } from "../random_numbers.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Where every history begins, in milliseconds since the epoch. */
const BEGINNING = Date.UTC(2026, 10, 25);

interface Entry {
  at: number;
  /** Of two entries for one time, the one that was made first comes first. */
  order: number;
  act: Act;
}

/** What happens; whatever else is to come of it has come when it settles. */
export type Act = () => void | Promise<void>;

export class World {
  now = BEGINNING;
  /** Nothing goes wrong any more, but what has gone wrong stays so. */
  quiet = false;
  readonly #random: Random;
  readonly #entries: Entry[] = [];
  #order = 0;
  #isStirred = false;
  #steps: string[] | undefined;

  constructor(seed: number, isTold: boolean) {
    this.#random = randomFrom(seed);
    if (isTold) this.#steps = [];
  }

  /** What has happened so far, if somebody is to be told. */
  get steps(): readonly string[] {
    return this.#steps ?? [];
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.now - BEGINNING;
  }

  say(...words: readonly (string | number | undefined)[]): void {
    if (!this.#steps) return;
    const seconds = (this.elapsed / SECOND).toFixed(3).padStart(10);
    this.#steps.push(`${seconds}  ${words.filter((word) => word !== undefined).join(" ")}`);
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.#random(most - least + 1);
  }

  /** True in so many of 1,000 cases. */
  happens(perMille: number): boolean {
    return this.#random(1_000) < perMille;
  }

  /** Whether something goes wrong that is to in so many of 1,000 cases; never once it is quiet. */
  fails(perMille: number): boolean {
    const drawn = this.happens(perMille);
    return drawn && !this.quiet;
  }

  /** One of them; there must be some. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    // because: the index is below the length.
    return choices[this.#random(choices.length)] as Choice;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random(256));
  }

  /** Lets something happen after so many milliseconds. */
  after(ms: number, act: Act): void {
    const entry = { at: this.now + ms, order: this.#order++, act };
    let place = this.#entries.length;
    while (place > 0 && isBefore(this.#entries[place - 1], entry)) place--;
    this.#entries.splice(place, 0, entry);
  }

  /** What is done now lets promises go on; the step is over when they have. */
  stir(): void {
    this.#isStirred = true;
  }

  /** Lets something happen now, or a little later. */
  soon(ms: number, act: () => void): void {
    if (ms === 0) act();
    else this.after(ms, act);
  }

  /** Takes the next step, with all that follows from it at once; false where none is left. */
  async step(): Promise<boolean> {
    const entry = this.#entries.pop();
    if (!entry) return false;
    this.now = Math.max(this.now, entry.at);
    this.#isStirred = false;
    const doing = entry.act();
    if (doing) await doing;
    if (doing || this.#isStirred) await settled();
    return true;
  }
}

/** The list is sorted with what comes first at its end. */
function isBefore(one: Entry | undefined, other: Entry): boolean {
  if (!one) return false;
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Settles when no promise is left that is kept by promises alone. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
