/**
 * What a schema found wrong, in words for whoever wrote the request: what was found, and what is
 * allowed. Of a value no more is said than its size, but for choices: it may be a secret.
 * @module
 */
import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** The words of the library; a rule that has its own is told by them. */
const UNWORDED = /^(Too big|Too small|Invalid option|Invalid input|Invalid discriminator)/;

export function issueText(issue: Issue, value: unknown): string {
  if (!UNWORDED.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "too_big":
      if (typeof value === "number") return `is ${value}, and must be at most ${issue.maximum}`;
      return `${sizeOf(value)}, at most ${issue.maximum} ${isOrAre(issue.maximum)} allowed`;
    case "too_small":
      if (value === "") return "must not be empty";
      if (typeof value === "number") return `is ${value}, and must be at least ${issue.minimum}`;
      return `${sizeOf(value)}, at least ${issue.minimum} ${isOrAre(issue.minimum)} wanted`;
    case "invalid_value":
      return choice(issue.values, value);
    case "invalid_union":
      return optionsOf(issue).length > 0
        ? choice(optionsOf(issue), value)
        : unionText(issue.errors, value);
    case "invalid_type":
      return typeText(issue.expected, value);
    default:
      return issue.message;
  }
}

function sizeOf(value: unknown): string {
  if (typeof value === "string") return `has ${value.length} characters`;
  return `has ${Array.isArray(value) ? value.length : 0} entries`;
}

const isOrAre = (count: number | bigint) => Number(count) === 1 ? "is" : "are";

function choice(options: readonly unknown[], value: unknown): string {
  const all = options.map(String).join(", ");
  const oneOf = options.length === 1 ? all : `one of ${all}`;
  if (typeof value !== "string") return `must be ${oneOf}`;
  return `"${value.length > 100 ? `${value.slice(0, 100)}…` : value}" is not ${oneOf}`;
}

/** The values that tell the forms of a union apart. */
function optionsOf(issue: Issue): readonly unknown[] {
  const options: unknown = "options" in issue ? issue.options : undefined;
  return Array.isArray(options) ? options : [];
}

/** Of forms that no value tells apart: what is wrong in the first that is of the value's kind. */
function unionText(forms: readonly (readonly Issue[])[], value: unknown): string {
  const firsts = forms.flatMap(([first]) => first ?? []);
  const inside = firsts.find(({ code, path }) => code !== "invalid_type" || path.length > 0);
  if (inside) {
    const at = inside.path.length === 0 ? "" : `${inside.path.map(String).join(".")}: `;
    const member = inside.path.reduce<unknown>(
      (whole, key) => typeof whole === "object" && whole ? Reflect.get(whole, key) : undefined,
      value,
    );
    return at + issueText(inside, member);
  }
  const kinds = firsts.map((first) => first.code === "invalid_type" ? first.expected : "");
  return typeText(kinds.map((kind) => KINDS[kind] ?? kind).join(" or "), value);
}

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a string",
};

function typeText(expected: string, value: unknown): string {
  const kind = KINDS[expected] ?? expected;
  if (value === undefined) return `must be given; it is ${kind}`;
  if (typeof value === "number" && expected === "int") return `is ${value}, and no whole number`;
  const found = Array.isArray(value) ? "array" : typeof value;
  const given = found === "boolean" ? String(value) : KINDS[found] ?? found;
  return `must be ${kind}, and ${given} was given`;
}
