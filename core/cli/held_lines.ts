/**
 * Output that came before its event was announced: a host's lines may be told before the event that
 * prints them has started. They wait here, and not without bound.
 * @module
 */

/** Characters held of all hosts together before they are given out of their order. */
export const HELD_CHARACTERS = 65_536;

interface Line {
  event: string;
  text: string;
}

export class HeldLines {
  /** By host, each in the order they came. */
  readonly #lines = new Map<string, Line[]>();
  #characters = 0;

  hold(host: string, line: Line): void {
    const before = this.#lines.get(host);
    if (before === undefined) this.#lines.set(host, [line]);
    else before.push(line);
    this.#characters += weight(line);
  }

  get tooMany(): boolean {
    return this.#characters > HELD_CHARACTERS;
  }

  /** Gives out what is held of one event of a host. */
  ofEvent(host: string, event: string): string[] {
    const all = this.#lines.get(host) ?? [];
    const left = all.filter((line) => line.event !== event);
    if (left.length > 0) this.#lines.set(host, left);
    else this.#lines.delete(host);
    return this.#given(all.filter((line) => line.event === event));
  }

  /** Gives out all that is held of a host. */
  ofHost(host: string): string[] {
    const all = this.#lines.get(host) ?? [];
    this.#lines.delete(host);
    return this.#given(all);
  }

  /** Gives out everything, host after host. */
  all(): string[] {
    return [...this.#lines.keys()].flatMap((host) => this.ofHost(host));
  }

  #given(lines: readonly Line[]): string[] {
    for (const line of lines) this.#characters -= weight(line);
    return lines.map((line) => line.text);
  }
}

/** An empty line takes room as well. */
function weight({ text }: Line): number {
  return text.length + 1;
}
