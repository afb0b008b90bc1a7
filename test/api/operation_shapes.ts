/**
 * What an operation looks like on the wire, in a form that a service model and our table can both be
 * brought into, and what differs between two of them.
 * @module
 */
import { z } from "zod";
import type { Operation as OwnOperation } from "../../core/api/operation.ts";

/** A string without values is free text. */
export type Shape =
  | { kind: "string"; values: ReadonlySet<string> }
  | { kind: "number" }
  | { kind: "boolean" }
  | { kind: "list"; of: Shape }
  | { kind: "map"; keys: ReadonlySet<string>; of: Shape }
  | { kind: "object"; of: Members };

/** A structure; the name is that of the service model, where it has one. */
export interface Members {
  name: string;
  members: ReadonlyMap<string, Shape>;
  /** Members that must be there. */
  required: ReadonlySet<string>;
}

export interface Operation {
  name: string;
  input: Members;
  output: Members;
  errors: ReadonlySet<string>;
}

interface JsonSchema {
  type?: string | undefined;
  properties?: Record<string, JsonSchema> | undefined;
  required?: string[] | undefined;
  propertyNames?: JsonSchema | undefined;
  additionalProperties?: JsonSchema | boolean | undefined;
  items?: JsonSchema | undefined;
  enum?: string[] | undefined;
  const?: string | undefined;
  oneOf?: JsonSchema[] | undefined;
  anyOf?: JsonSchema[] | undefined;
}

const JsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    type: z.string(),
    properties: z.record(z.string(), JsonSchema),
    required: z.array(z.string()),
    propertyNames: JsonSchema,
    additionalProperties: z.union([JsonSchema, z.boolean()]),
    items: JsonSchema,
    enum: z.array(z.string()),
    const: z.string(),
    oneOf: z.array(JsonSchema),
    anyOf: z.array(JsonSchema),
  }).partial()
);

/** An operation of our table. */
export function ownOperation({ name, input, output, errors }: OwnOperation): Operation {
  return {
    name,
    input: members(JsonSchema.parse(z.toJSONSchema(input, { io: "input" }))),
    output: members(JsonSchema.parse(z.toJSONSchema(output, { io: "output" }))),
    errors: new Set(errors),
  };
}

function members({ properties = {}, required = [] }: JsonSchema): Members {
  const shapes = Object.entries(properties).map(([name, schema]): [string, Shape] => [
    name,
    shape(schema),
  ]);
  return { name: "", members: new Map(shapes), required: new Set(required) };
}

function shape(schema: JsonSchema): Shape {
  // Null is as good as left out, so it is no form of its own.
  const options = (schema.oneOf ?? schema.anyOf)?.filter(({ type }) => type !== "null");
  if (options) return options.map(shape).reduce(merged);
  switch (schema.type) {
    case "string":
      return {
        kind: "string",
        values: new Set(schema.enum ?? (schema.const === undefined ? [] : [schema.const])),
      };
    case "integer":
    case "number":
      return { kind: "number" };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return { kind: "list", of: shape(schema.items ?? {}) };
    case "object": {
      const values = schema.additionalProperties;
      if (schema.properties || typeof values !== "object") {
        return { kind: "object", of: members(schema) };
      }
      return { kind: "map", keys: new Set(schema.propertyNames?.enum), of: shape(values) };
    }
  }
  throw new Error(`a member of ours says nothing of its type: ${JSON.stringify(schema)}`);
}

/** The union of two forms of one value: on the wire, one structure whose members are all optional. */
function merged(one: Shape, other: Shape): Shape {
  if (one.kind === "string" && other.kind === "string") {
    const free = one.values.size === 0 || other.values.size === 0;
    return { kind: "string", values: new Set(free ? [] : [...one.values, ...other.values]) };
  }
  if (one.kind !== "object" || other.kind !== "object") return one;
  const all = new Map(one.of.members);
  for (const [name, shape] of other.of.members) {
    const known = all.get(name);
    all.set(name, known ? merged(known, shape) : shape);
  }
  const required = [...one.of.required].filter((name) => other.of.required.has(name));
  return { kind: "object", of: { name: "", members: all, required: new Set(required) } };
}

/** What ours lacks (`-`) and adds (`+`), each told by the model's structure: `+ Tag.Color`. */
export function differences(model: Operation, own: Operation): string[] {
  return [
    ...structureDifferences(model.input, own.input),
    // Ours may require more: the service does, of what only its model leaves open.
    ...[...model.input.required].filter((name) => !own.input.required.has(name))
      .map((name) => `- ${model.input.name}.${name} is required`),
    ...structureDifferences(model.output, own.output),
    ...setDifferences(`${model.name} throws `, model.errors, own.errors),
  ];
}

function structureDifferences(model: Members, own: Members): string[] {
  const { name } = model;
  const found = setDifferences(
    `${name}.`,
    new Set(model.members.keys()),
    new Set(own.members.keys()),
  );
  for (const [member, shape] of model.members) {
    const ours = own.members.get(member);
    if (ours) found.push(...shapeDifferences(`${name}.${member}`, shape, ours));
  }
  return found;
}

function shapeDifferences(place: string, model: Shape, own: Shape): string[] {
  if (model.kind === "string" && own.kind === "string") {
    return setDifferences(`${place} = `, model.values, own.values);
  }
  if (model.kind === "list" && own.kind === "list") {
    return shapeDifferences(place, model.of, own.of);
  }
  if (model.kind === "map" && own.kind === "map") {
    const keys = setDifferences(`${place} key `, model.keys, own.keys);
    return [...keys, ...shapeDifferences(place, model.of, own.of)];
  }
  if (model.kind === "object" && own.kind === "object") {
    return structureDifferences(model.of, own.of);
  }
  return model.kind === own.kind
    ? []
    : [`${place} is a ${own.kind}, the model's is a ${model.kind}`];
}

function setDifferences(
  place: string,
  model: ReadonlySet<string>,
  own: ReadonlySet<string>,
): string[] {
  return [
    ...[...model].filter((entry) => !own.has(entry)).map((entry) => `- ${place}${entry}`),
    ...[...own].filter((entry) => !model.has(entry)).map((entry) => `+ ${place}${entry}`),
  ];
}
