/**
 * `<group id>-install.journal`: what an Install is about to do and what of it is done, while it is
 * under way. Together with the cleanup list, which names old and new paths during that time, it is
 * what the next Install needs after a crash, and what a person reads who finds a host in between.
 *
 * Lines of JSON. The first one replaces the journal of an Install that was cut off; each of the others
 * is in the file before its operations begin (`removing`, `placing` …) or after they ended.
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { isMissing } from "../system_error.ts";
import { replaceFile } from "./replace_file.ts";
import type { Writer } from "./writer.ts";

const Begin = z.object({
  /** Milliseconds since the epoch. */
  at: z.number(),
  what: z.literal("begin"),
  /** The deployment's folder. */
  deployment: z.string(),
  /** What an Install may have given lists or labels; a chmod would not take them away. */
  labelled: z.array(z.string()),
});
export type Begin = z.infer<typeof Begin>;

/** `paths` and `instructions` are counts, from the first one on; the latter are of install.json. */
export type Step =
  | { readonly what: "listing"; readonly paths: number }
  | { readonly what: "removing" | "removed"; readonly paths: number }
  | { readonly what: "placing" | "placed"; readonly instructions: number }
  | { readonly what: "failed"; readonly instructions: number; readonly reason: string }
  | { readonly what: "syncing" | "finishing" };

export class InstallJournal {
  readonly #path: string;
  readonly #writer: Writer;

  constructor(path: string, writer: Writer) {
    this.#path = path;
    this.#writer = writer;
  }

  /** On disk, also after a power failure, when it answers. */
  begin(begin: Omit<Begin, "what">): void {
    replaceFile(this.#path, line({ what: "begin", ...begin }), this.#writer);
  }

  /** In the file when it answers, so that it outlives the process. */
  append(step: Step): void {
    this.#writer.append(this.#path, line(step));
  }

  /** As `append`, and on disk, so that it outlives a power failure as well. */
  announce(step: Step): void {
    this.append(step);
    this.#writer.syncFile(this.#path);
  }

  end(): void {
    this.#writer.unlink(this.#path);
    this.#writer.syncFolder(dirname(this.#path));
  }
}

/** How an Install began that was cut off; "damaged" when the journal does not say. */
export function readBegin(path: string): Begin | "damaged" | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return parseBegin(text.split("\n", 1)[0] ?? "");
}

function parseBegin(text: string): Begin | "damaged" {
  try {
    return Begin.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return "damaged";
    throw error;
  }
}

function line(record: Begin | Step): string {
  return `${JSON.stringify(record)}\n`;
}
