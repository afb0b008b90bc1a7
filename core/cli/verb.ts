/**
 * One verb of the command line: its words for `help`, the schema of what it takes, and what it does.
 * A verb's file has one as its default export.
 * @module
 */
import { z } from "zod";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import type { Rooms } from "./rooms.ts";

export interface Flag {
  /** As commander reads it: `--app <name>`, `-f, --follow`, `--no-wait`. */
  flags: string;
  text: string;
  /** Shown in the help and used when the flag is not given. */
  value?: string;
  /** May be given several times; the values are collected in order. */
  repeated?: true;
}

export interface VerbDefinition<Input> {
  summary: string;
  /** Positional arguments, `<required>` or `[optional]`, with their explanation. */
  arguments?: readonly (readonly [name: string, text: string])[];
  flags?: readonly Flag[];
  /** Whole commands that work as they stand. */
  examples: readonly [string, ...string[]];
  /** Keys are the names of arguments and flags in camelCase. */
  input: z.ZodType<Input>;
  /** Answers the exit code; throws `Failure` for everything a person should read. */
  run(input: Input, io: Io, rooms: Rooms): Promise<number>;
}

/** A verb whose input type is hidden behind its own parsing. */
export interface Verb {
  summary: string;
  arguments: readonly (readonly [name: string, text: string])[];
  flags: readonly Flag[];
  examples: readonly string[];
  run(raw: Readonly<Record<string, unknown>>, io: Io, rooms: Rooms): Promise<number>;
}

export const JSON_FLAG: Flag = { flags: "--json", text: "print JSON for programs" };
export const URL_FLAG: Flag = {
  flags: "--url <url>",
  text: "the server (else RUNTIME_URL, else the one of `runtime login`)",
};

/** The input every verb that talks to a server shares. */
export const CLIENT_INPUT = {
  json: z.boolean().default(false),
  url: z.string().exactOptional(),
};

export function verb<Input>(definition: VerbDefinition<Input>): Verb {
  return {
    summary: definition.summary,
    arguments: definition.arguments ?? [],
    flags: definition.flags ?? [],
    examples: definition.examples,
    async run(raw, io, rooms) {
      const parsed = definition.input.safeParse(raw);
      if (!parsed.success) throw badInput(parsed.error, raw, definition);
      return await definition.run(parsed.data, io, rooms);
    },
  };
}

function badInput(
  error: z.ZodError,
  raw: Readonly<Record<string, unknown>>,
  definition: Pick<VerbDefinition<unknown>, "examples">,
) {
  const faults = error.issues.map((issue) => {
    const key = String(issue.path[0] ?? "");
    const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const given = raw[key] === undefined ? "" : ` (given: ${JSON.stringify(raw[key])})`;
    return key === "" ? issue.message : `--${name}: ${issue.message}${given}`;
  });
  return usageFailure(faults[0] ?? "the command was not understood", faults.slice(1), [
    ...definition.examples,
  ]);
}
