/**
 * A plugin's config as somebody gave it, read by the plugin's schema, and what is said when it does
 * not fit, or when the plugin is not there.
 * @module
 */
import { z } from "zod";
import { issueText } from "../domain/issue_text.ts";
import { byNearness } from "../domain/similar.ts";
import type { PluginKind, Registry } from "../plugin/registry.ts";

/** What is said where a plugin is not there. */
export function noPlugin(registry: Registry, kind: PluginKind, name: string): string {
  const names = registry.names(kind);
  const has = names.length === 0
    ? `it has none for the kind ${kind}`
    : `for the kind ${kind} it has ${some(name, names)}`;
  return `this server has no plugin ${name}; ${has}`;
}

/** The nearest first, ten at most. */
export function some(name: string, names: readonly string[]): string {
  const near = byNearness(name, names);
  return near.slice(0, 10).join(", ") + (near.length > 10 ? ` and ${near.length - 10} more` : "");
}

/** What the plugin's schema made of a config, or the member at fault and what is wrong with it. */
export type Read = { config: unknown } | { path: string; fault: string };

export function readConfig(
  { config: schema, name }: { config: z.ZodType; name: string },
  given: unknown,
): Read {
  // Schemas leave members out that they do not know; here one is a slip that nobody would see.
  const strict = schema instanceof z.ZodObject && !schema.def.catchall ? schema.strict() : schema;
  const parsed = strict.safeParse(given);
  if (parsed.success) return { config: parsed.data };
  const [issue] = parsed.error.issues;
  if (!issue) return { path: "config", fault: `is refused by the plugin ${name}` };
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const known = schema instanceof z.ZodObject && issue.path.length === 0
      ? Object.keys(schema.shape)
      : [];
    const has = known.length === 0 ? "" : `; it has ${some(key, known)}`;
    return {
      path: dotted([...issue.path, key]),
      fault: `the plugin ${name} does not know it${has}`,
    };
  }
  return { path: dotted(issue.path), fault: wording(issue, given) };
}

/** What is wanted and what was given. */
function wording(issue: z.core.$ZodIssue, given: unknown): string {
  const value = issue.path.reduce<unknown>(
    (inside, key) => typeof inside === "object" && inside ? Reflect.get(inside, key) : undefined,
    given,
  );
  const text = issueText(issue, value);
  // What is said of the whole config names members by itself.
  if (text !== issue.message || value === undefined || issue.path.length === 0) return text;
  const json = JSON.stringify(value);
  return `${text} (given: ${json.length > 100 ? `${json.slice(0, 100)}…` : json})`;
}

function dotted(path: readonly PropertyKey[]): string {
  return ["config", ...path.map(String)].join(".");
}
