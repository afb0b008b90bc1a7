/**
 * The input of an operation as it is written on the command line: a JSON text, and `member=value`
 * words that go before it. What the operation does not have is told here, before anything is sent.
 * @module
 */
import { usageFailure } from "./failure.ts";
import type { Form, Member } from "./operation_members.ts";
import { suggestion } from "../domain/similar.ts";

type Values = Record<string, unknown>;

export interface Written {
  operation: string;
  members: readonly Member[];
  /** The JSON text, and where it came from. */
  json?: { text: string; source: string };
  /** `member=value`, `member.member=value`. */
  words: readonly string[];
}

/** Throws a usage failure that names the member, or the place in the JSON text. */
export function operationInput({ operation, members, json, words }: Written): Values {
  const input = json ? jsonObject(json, operation) : {};
  checkNames(operation, input, { ...OBJECT, members }, "");
  for (const word of words) assign(operation, members, input, word);
  return input;
}

const OBJECT = { kind: "object", values: [], note: "" } as const;

function jsonObject({ text, source }: { text: string; source: string }, operation: string): Values {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageFailure(`${source} is not JSON`, [reason], [
      `runtime api ${operation} --members`,
    ]);
  }
  if (isObject(value)) return { ...value };
  throw usageFailure(`${source} is not a JSON object`, [`it begins ${text.trim().slice(0, 40)}`], [
    `runtime api ${operation} --members`,
  ]);
}

/** Every name in a value is one that its form has. */
function checkNames(operation: string, value: unknown, form: Form, path: string): void {
  if (Array.isArray(value)) {
    const { of } = form;
    if (of) value.forEach((entry, index) => checkNames(operation, entry, of, `${path}[${index}]`));
    return;
  }
  if (!isObject(value) || form.kind !== "object") return;
  for (const [name, inner] of Object.entries(value)) {
    const member = form.members.find((one) => one.name === name);
    const inside = path === "" ? name : `${path}.${name}`;
    if (!member) throw unknownMember(operation, inside, name, form.members);
    checkNames(operation, inner, member.form, inside);
  }
}

/** Sets what a word says; a list grows by an entry with every word of its member. */
function assign(
  operation: string,
  members: readonly Member[],
  input: Values,
  word: string,
): void {
  const [, path = "", text = ""] = word.match(/^([^=]+)=(.*)$/s) ?? [];
  if (path === "") {
    throw usageFailure(`"${word}" is not of the form member=value`, [], [
      `runtime api ${operation} --members`,
    ]);
  }
  const names = path.split(".");
  const last = names.pop() ?? "";
  let inside = members;
  let target = input;
  for (const name of names) {
    const { form } = memberNamed(operation, path, name, inside);
    if (form.kind !== "object") throw noStructure(operation, path, name, form);
    inside = form.members;
    const known = target[name];
    const next: Values = isObject(known) ? { ...known } : {};
    target[name] = next;
    target = next;
  }
  const { form } = memberNamed(operation, path, last, inside);
  const value = valueOf(operation, path, text, form);
  const before = target[last];
  const grows = form.kind === "list" && Array.isArray(before) && !text.startsWith("[");
  target[last] = grows && Array.isArray(value) ? [...before, ...value] : value;
}

/** Text as the member's form has it: entries of a list one by one, what is deeper as JSON. */
function valueOf(operation: string, path: string, text: string, form: Form): unknown {
  switch (form.kind) {
    case "text":
      return text;
    case "number":
      if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
      throw notA("number", operation, path, text);
    case "boolean":
      if (text === "true" || text === "false") return text === "true";
      throw notA("true or false", operation, path, text);
    case "list":
      if (form.of && !text.startsWith("[")) return [valueOf(operation, path, text, form.of)];
      break;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notA(form.kind === "list" ? "JSON list" : "JSON object", operation, path, text);
  }
  checkNames(operation, value, form, path);
  return value;
}

function memberNamed(
  operation: string,
  path: string,
  name: string,
  members: readonly Member[],
): Member {
  const member = members.find((one) => one.name === name);
  if (member) return member;
  throw unknownMember(operation, path, name, members);
}

function unknownMember(
  operation: string,
  path: string,
  name: string,
  members: readonly Member[],
) {
  const names = members.map((member) => member.name);
  return usageFailure(
    `${operation} has no member ${path}`,
    [...suggestion(name, names), `there are ${names.join(", ") || "none"}`],
    [`runtime api ${operation} --members`],
  );
}

function noStructure(operation: string, path: string, name: string, form: Form) {
  const example = form.kind === "list" ? `${name}='{…}', once for each entry` : `${name}=…`;
  return usageFailure(`${path} is not a member: ${name} is a ${form.kind}`, [`write ${example}`], [
    `runtime api ${operation} --members`,
  ]);
}

function notA(wanted: string, operation: string, path: string, text: string) {
  return usageFailure(`${path} is not a ${wanted}`.replace("a true", "true"), [
    `given: ${JSON.stringify(text)}`,
  ], [`runtime api ${operation} --members`]);
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
