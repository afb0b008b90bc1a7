/**
 * The config of a plugin on the command line: `--config` has all of it, as JSON or in a file, and
 * each `--set` one member, which goes before.
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import type { Flag } from "./verb.ts";

export const CONFIG_FLAGS: readonly Flag[] = [
  {
    flags: "--set <key=value>",
    text: "a member of the config; the value is JSON where it reads as such, else text",
    repeated: true,
  },
  { flags: "--config <json>", text: "the config as JSON, or @FILE that has it" },
];

export const CONFIG_INPUT = {
  set: z.array(z.string()).default([]),
  config: z.string().exactOptional(),
};

const Config = z.record(z.string(), z.unknown());

/** The config that the flags make together; a key with dots goes into the members of members. */
export async function configOf(
  { set, config }: { set: readonly string[]; config?: string },
  example: string,
  { cwd }: Pick<Io, "cwd">,
): Promise<Record<string, unknown>> {
  const made = config === undefined ? {} : await wholeConfig(config, example, cwd);
  for (const text of set) {
    const at = text.indexOf("=");
    if (at < 1) throw usageFailure("--set: KEY=VALUE is wanted", [`given: ${text}`], [example]);
    put(made, text.slice(0, at), valueOf(text.slice(at + 1)), example);
  }
  return made;
}

async function wholeConfig(
  given: string,
  example: string,
  cwd: string,
): Promise<Record<string, unknown>> {
  const wrong = (cause: string, evidence: string) => usageFailure(cause, [evidence], [example]);
  const path = given.startsWith("@") ? resolve(cwd, given.slice(1)) : undefined;
  let text = given;
  if (path !== undefined) {
    text = await readFile(path, "utf8").catch((cause: Error) => {
      throw wrong(`--config: ${path} cannot be read`, cause.message);
    });
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw wrong(`--config: ${path ?? "it"} is not JSON`, String(cause));
  }
  const parsed = Config.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw wrong("--config: an object is wanted", `given: ${text.trim().slice(0, 100)}`);
}

/** `true`, `3` and `["a"]` are what they look like; `5m` and `web-1` are text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return text;
    throw cause;
  }
}

function put(config: Record<string, unknown>, key: string, value: unknown, example: string): void {
  const path = key.split(".");
  const last = path.pop() ?? key;
  let inside = config;
  for (const part of path) {
    const parsed = Config.safeParse(Object.hasOwn(inside, part) ? inside[part] : {});
    if (!parsed.success) {
      throw usageFailure(`--set ${key}: ${part} has no members`, [
        `it is ${JSON.stringify(inside[part])}`,
      ], [example]);
    }
    inside[part] = parsed.data;
    inside = parsed.data;
  }
  inside[last] = value;
}
