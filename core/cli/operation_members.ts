/**
 * The members of an operation's input or output as a tree, read from the JSON Schema that the server
 * describes them with, and as lines for people. Pure.
 * @module
 */
import { z } from "zod";

interface Schema {
  /** Several where a value may be of any of these types. */
  type?: string | string[] | undefined;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  propertyNames?: Schema | undefined;
  additionalProperties?: Schema | boolean | undefined;
  items?: Schema | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  oneOf?: Schema[] | undefined;
  anyOf?: Schema[] | undefined;
  default?: unknown;
  description?: string | undefined;
}

const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z.union([z.string(), z.array(z.string())]),
    properties: z.record(z.string(), Schema),
    required: z.array(z.string()),
    propertyNames: Schema,
    additionalProperties: z.union([Schema, z.boolean()]),
    items: Schema,
    enum: z.array(z.unknown()),
    const: z.unknown(),
    oneOf: z.array(Schema),
    anyOf: z.array(Schema),
    default: z.unknown(),
    description: z.string(),
  }).partial()
);

export type Kind = "text" | "number" | "boolean" | "list" | "object" | "map" | "anything";

/** What a value is made of. */
export interface Form {
  kind: Kind;
  /** The texts it may be; empty when any will do. */
  values: readonly string[];
  /** Of a list's entries, or of a map's values. */
  of?: Form;
  /** Of an object. */
  members: readonly Member[];
  /** A word more about it, `seconds since the epoch`. */
  note: string;
}

export interface Member {
  name: string;
  required: boolean;
  form: Form;
  /** As JSON; undefined when there is none. */
  standard?: string;
}

/** The members of an input or output; throws when the schema is none. */
export function membersOf(schema: unknown): readonly Member[] {
  return formOf(Schema.parse(schema)).members;
}

function formOf(schema: Schema): Form {
  // Null is as good as left out, so it is no form of its own.
  const options = (schema.oneOf ?? schema.anyOf)?.filter(({ type }) => type !== "null");
  if (options) return options.map(formOf).reduce(merged);
  const form = { values: [], members: [], note: schema.description ?? "" };
  switch (schema.type) {
    case "string":
      return { ...form, kind: "text", values: valuesOf(schema) };
    case "integer":
      return { ...form, kind: "number", note: schema.description ?? "whole" };
    case "number":
      return { ...form, kind: "number" };
    case "boolean":
      return { ...form, kind: "boolean" };
    case "array":
      return { ...form, kind: "list", of: formOf(schema.items ?? {}) };
    case "object":
      return objectForm(schema);
    default:
      return { ...form, kind: "anything" };
  }
}

function objectForm(schema: Schema): Form {
  const { properties, required = [], propertyNames, additionalProperties: others } = schema;
  if (!properties && typeof others === "object") {
    const values = valuesOf(propertyNames ?? {});
    return { kind: "map", values, of: formOf(others), members: [], note: "" };
  }
  const members = Object.entries(properties ?? {}).map(([name, member]): Member => ({
    name,
    required: required.includes(name) && member.default === undefined,
    form: formOf(member),
    ...(isPlain(member.default) && { standard: String(member.default) }),
  }));
  return { kind: "object", values: [], members, note: "" };
}

function valuesOf(schema: Schema): string[] {
  return (schema.enum ?? (schema.const === undefined ? [] : [schema.const])).map(String);
}

/** An empty text, list or object as the default is what leaving it out means anyway. */
function isPlain(value: unknown): boolean {
  return (typeof value === "string" && value !== "") || typeof value === "number" ||
    typeof value === "boolean";
}

/** Either of two forms: of two objects, a member is required when both of them say so. */
function merged(one: Form, other: Form): Form {
  if (one.kind !== other.kind) return { ...one, kind: "anything", values: [], members: [] };
  const free = one.values.length === 0 || other.values.length === 0;
  const values = free ? [] : [...new Set([...one.values, ...other.values])];
  const names = new Set([...one.members, ...other.members].map(({ name }) => name));
  const members = [...names].flatMap((name): Member[] => {
    const [here, there] = [one, other].map((form) => form.members.find((m) => m.name === name));
    if (here && there) {
      return [{
        ...here,
        required: here.required && there.required,
        form: merged(here.form, there.form),
      }];
    }
    const only = here ?? there;
    return only ? [{ ...only, required: false }] : [];
  });
  return { ...one, values, members };
}

/** One line a member, those of a structure indented below it; `*` marks what is required. */
export function memberLines(members: readonly Member[], indent = "  "): string[] {
  const labels = members.map(({ name, required }) => required ? `${name}*` : name);
  const width = Math.max(0, ...labels.map((label) => label.length));
  return members.flatMap(({ form, standard }, index) => {
    const label = (labels[index] ?? "").padEnd(width);
    const otherwise = standard === undefined ? "" : `, else ${standard}`;
    const line = `${indent}${label}  ${words(form)}${otherwise}`.trimEnd();
    return [line, ...memberLines(innerMembers(form), `${indent}  `)];
  });
}

function words(form: Form): string {
  switch (form.kind) {
    case "text":
      return form.values.length > 0 ? form.values.join(" | ") : "text";
    case "number":
      return [form.note === "whole" ? "whole number" : "number", form.note]
        .filter((word) => word !== "" && word !== "whole").join(", ");
    case "boolean":
      return "true | false";
    case "list":
      return form.of?.kind === "object" ? "list of" : `list of ${form.of ? words(form.of) : ""}`;
    case "map": {
      const keys = form.values.length > 0 ? `${form.values.join(" | ")} to` : "names to";
      return `${keys} ${form.of ? words(form.of) : ""}`;
    }
    case "object":
      return "";
    case "anything":
      return "anything";
  }
}

function innerMembers(form: Form): readonly Member[] {
  return form.of ? innerMembers(form.of) : form.members;
}
