/**
 * Inputs of operations: first nearly what the schema asks for, with names that exist, then changed in
 * places: wrong types, nulls, huge and odd values, keys of an object's prototype.
 * @module
 */
import fc from "fast-check";
import { z } from "zod";

/** The part of JSON Schema that zod writes for our inputs. */
interface Shape {
  type?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: Shape | boolean;
  items?: Shape;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Shape[];
  oneOf?: Shape[];
  pattern?: string;
}

/** Any JSON value, and `undefined` where JSON leaves a member out. */
export type Json = unknown;

/** Texts that mean something to the server: by the name of a member, and others. */
export interface Known {
  of: Readonly<Record<string, readonly string[]>>;
  others: readonly string[];
}

/**
 * Inputs for a schema whose strings are often those of `known`; `io` says which side of the schema's
 * conversions is asked for.
 */
export function inputFor(
  schema: z.ZodType,
  known: Known,
  io: "input" | "output" = "input",
): fc.Arbitrary<Json> {
  // because what zod writes is JSON Schema, of which Shape is the part that is read
  const shape = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Shape;
  return fc.tuple(valueOf(shape, known), CHANGES)
    .map(([value, changes]) => changes.reduce(changed, value));
}

function valueOf(shape: Shape, known: Known, member = ""): fc.Arbitrary<Json> {
  const parts = shape.anyOf ?? shape.oneOf;
  if (parts) return fc.oneof(...parts.map((part) => valueOf(part, known, member)));
  if (shape.enum) return fc.constantFrom(...shape.enum);
  if ("const" in shape) return fc.constant(shape.const);
  switch (shape.type) {
    case "object":
      return objectOf(shape, known);
    case "array":
      return fc.array(valueOf(shape.items ?? {}, known, member), { maxLength: 3 });
    case "string":
      return textOf(shape, known, member);
    case "integer":
    case "number":
      return fc.oneof(fc.integer({ min: -2, max: 200 }), fc.double({ noNaN: true }));
    case "boolean":
      return fc.boolean();
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf(shape: Shape, known: Known): fc.Arbitrary<Json> {
  const required = new Set(shape.required);
  const members = Object.fromEntries(
    Object.entries(shape.properties ?? {}).map(([name, one]) => {
      const value = valueOf(one, known, name);
      return [
        name,
        required.has(name)
          ? value
          : fc.oneof(fc.constant(undefined), fc.constant(undefined), value),
      ];
    }),
  );
  if (typeof shape.additionalProperties === "object") {
    return fc.dictionary(
      fc.constantFrom(...known.others),
      valueOf(shape.additionalProperties, known),
    );
  }
  return fc.record(members);
}

function textOf({ pattern }: Shape, known: Known, member: string): fc.Arbitrary<string> {
  const odd = fc.string({ unit: "binary", maxLength: 20 });
  // What looks ahead or behind cannot be generated.
  const isPlain = pattern !== undefined && !/\(\?[=!<]/.test(pattern);
  const fitting = isPlain ? fc.stringMatching(new RegExp(pattern)) : fc.string();
  return fc.oneof(
    { arbitrary: fc.constantFrom(...known.of[member] ?? known.others), weight: 30 },
    { arbitrary: fc.constantFrom(...known.others), weight: 2 },
    { arbitrary: fitting, weight: 2 },
    { arbitrary: odd, weight: 1 },
  );
}

/** Values that code breaks at. */
const HOSTILE = fc.oneof(
  fc.constantFrom<Json>(
    ...[
      null,
      true,
      false,
      "",
      [],
      {},
      [null],
      [[]],
      [{}],
      { "": "" },
      " ",
      "\0",
      "\ud800",
      "\udfff",
    ],
    ...[0, -0, -1, 0.1, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, Number.MIN_VALUE, 8.64e15 + 1],
    ...["__proto__", "constructor", "' OR 1=1 --", "%00", "../../etc/passwd", "${7*7}", "\u202e"],
    ...["0", "1e400", "d-AAAAAAAAA", "NaN", "arn:aws:codedeploy:::application:", "é".repeat(100)],
  ),
  fc.nat({ max: 3 }).map((n): Json => "x".repeat([101, 257, 1_012, 100_000][n] ?? 0)),
  fc.nat({ max: 2 }).map((n): Json => Array([26, 101, 40_000][n] ?? 0).fill("web-1")),
  fc.jsonValue({ maxDepth: 3 }),
);

const KEYS = fc.constantFrom(
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "length"],
  ...["", "applicationName", "nextToken", "0"],
);

interface Change {
  /** Which of the places of a value, counted without end. */
  place: number;
  how: "replace" | "remove" | "add" | "double";
  key: string;
  value: Json;
}

const CHANGES: fc.Arbitrary<Change[]> = fc.oneof(
  { arbitrary: fc.constant<Change[]>([]), weight: 3 },
  {
    arbitrary: fc.array(
      fc.record({
        place: fc.nat(),
        how: fc.constantFrom<Change["how"]>("replace", "replace", "remove", "add", "double"),
        key: KEYS,
        value: HOSTILE,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    weight: 4,
  },
);

type Holder = Record<string, Json> | Json[];

function isHolder(value: Json): value is Holder {
  return typeof value === "object" && value !== null;
}

function changed(value: Json, { place, how, key, value: hostile }: Change): Json {
  const root: { value: Json } = { value: structuredClone(value) };
  const places = [...placesOf(root)];
  const [holder, name] = places[place % places.length] ?? [root, "value"];
  if (how === "add") {
    const within = Reflect.get(holder, name);
    // Assigning to __proto__ would set the prototype instead of a member.
    if (isHolder(within) && !Array.isArray(within)) define(within, key, hostile);
  } else if (how === "remove") Reflect.deleteProperty(holder, name);
  else if (how === "double" && Array.isArray(holder)) holder.push(holder[Number(name)]);
  else define(holder, name, hostile);
  return root.value;
}

function define(holder: object, name: string, value: Json): void {
  const all = { enumerable: true, configurable: true, writable: true };
  Reflect.defineProperty(holder, name, { ...all, value });
}

function* placesOf(holder: object): Generator<[holder: object, name: string]> {
  for (const [name, value] of Object.entries(holder)) {
    yield [holder, name];
    if (isHolder(value)) yield* placesOf(value);
  }
}
