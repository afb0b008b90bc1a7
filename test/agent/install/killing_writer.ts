/**
 * A writer that ends the process, or acts as if it had, at one operation of an Install.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { hostWriter, type Writer } from "../../../core/agent/install/writer.ts";

/** Not an error that anything in an Install knows: the process is gone. */
export class Killed extends Error {}

export type Moment = "before" | "half-way" | "after";

export interface Kill {
  /** The first operation is 1. */
  readonly operation: number;
  readonly moment: Moment;
  /** Ends the process for good; without it every further operation throws Killed. */
  readonly end?: () => void;
}

/** Counts, and knows the names of, the operations that went through it. */
export class KillingWriter {
  readonly names: string[] = [];
  readonly writer: Writer;
  #isDead = false;

  /** `watch` looks at the disk after each operation. */
  constructor(kill?: Kill, watch?: () => void) {
    const guarded = (name: keyof Writer, work: () => unknown, half: () => void): unknown => {
      if (this.#isDead) throw new Killed();
      this.names.push(name);
      const isIt = this.names.length === kill?.operation;
      if (isIt && kill.moment === "before") this.#die(kill);
      if (isIt && kill.moment === "half-way") {
        half();
        this.#die(kill);
      }
      // A sync changes nothing of what a dead process leaves behind, and takes its time.
      const result = name.startsWith("sync") ? Promise.resolve(true) : work();
      watch?.();
      if (isIt) this.#die(kill);
      return result;
    };
    this.writer = new Proxy(hostWriter, {
      get: (target, name: keyof Writer) => (...words: string[]) =>
        guarded(
          name,
          () => Reflect.apply(target[name], target, words),
          () => halfOf(name, words),
        ),
    });
  }

  #die(kill: Kill): void {
    kill.end?.();
    this.#isDead = true;
    throw new Killed();
  }
}

/** Some operations write bytes, and may have written some. */
function halfOf(name: keyof Writer, [first = "", second = ""]: string[]): void {
  const half = (text: string): string => text.slice(0, Math.ceil(text.length / 2));
  if (name === "copy") writeFileSync(second, half(readFileSync(first, "utf8")), { flag: "wx" });
  else if (name === "write") writeFileSync(first, half(second));
  else if (name === "append") writeFileSync(first, half(second), { flag: "a" });
}
