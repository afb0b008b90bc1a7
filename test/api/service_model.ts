/**
 * Reads the service model of CodeDeploy from the AWS SDK for JavaScript: its schemas are arrays
 * (kind, namespace, name, traits, then what the kind has), the values of enums stand in its
 * declarations, and so do the exceptions of an operation.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-codedeploy";
import { z } from "zod";
import type { Members, Operation, Shape } from "./operation_shapes.ts";

const DECLARATIONS = join(
  import.meta.dirname ?? "",
  "../../node_modules/@aws-sdk/client-codedeploy/dist-types",
);

/** Kinds of simple schemas; 64 more is a list of them. */
const SIMPLE: Readonly<Record<number, Shape["kind"]>> = {
  0: "string",
  1: "number",
  2: "boolean",
  4: "number", // a time, which is a number on the wire
};
const LIST_OF = 64;

const Exports = z.record(z.string(), z.unknown());
const Structure = z.tuple(
  [z.literal(3), z.string(), z.string(), z.unknown(), z.array(z.string()), z.array(z.unknown())],
  z.unknown(),
);
const List = z.tuple([z.literal(1), z.string(), z.string(), z.unknown(), z.unknown()]);
const Mapping = z.tuple(
  [z.literal(2), z.string(), z.string(), z.unknown(), z.unknown(), z.unknown()],
);
const OperationSchema = z.tuple(
  [z.literal(9), z.string(), z.string(), z.unknown(), z.unknown(), z.unknown()],
  z.unknown(),
);
const EnumValues = z.record(z.string(), z.string());

/** Every operation of the model, by name. */
export function modelOperations(): Map<string, Operation> {
  const exported = Exports.parse({ ...sdk });
  const types = memberTypes(readFileSync(join(DECLARATIONS, "models/models_0.d.ts"), "utf8"));
  const reader = new SchemaReader(types, exported);
  const found = Object.values(exported).flatMap((value) => {
    const operation = OperationSchema.safeParse(value);
    if (!operation.success) return [];
    const [, , name, , input, output] = operation.data;
    const shapes = { input: reader.structure(input), output: reader.structure(output) };
    return [{ name, ...shapes, errors: errorsOf(name) }];
  });
  return new Map(found.map((operation) => [operation.name, operation]));
}

class SchemaReader {
  readonly #types: ReadonlyMap<string, string>;
  readonly #exported: Readonly<Record<string, unknown>>;
  constructor(types: ReadonlyMap<string, string>, exported: Readonly<Record<string, unknown>>) {
    this.#types = types;
    this.#exported = exported;
  }

  /** The members of a structure; an operation without an output has none. */
  structure(reference: unknown): Members {
    const parsed = Structure.safeParse(resolved(reference));
    if (!parsed.success) return { name: "", members: new Map(), required: new Set() };
    const [, , name, , names, schemas, count] = parsed.data;
    const members = names.map((member, index): [string, Shape] => [
      member,
      this.#shape(schemas[index], this.#enumOf(`${name}.${member}`)),
    ]);
    // Those that are required come first, and their number last.
    const required = names.slice(0, typeof count === "number" ? count : 0);
    return { name, members: new Map(members), required: new Set(required) };
  }

  #shape(reference: unknown, values: readonly string[] | undefined): Shape {
    const schema = resolved(reference);
    if (typeof schema === "number") {
      if (schema >= LIST_OF) return { kind: "list", of: this.#shape(schema - LIST_OF, values) };
      const kind = SIMPLE[schema];
      if (kind === "string") return { kind, values: new Set(values) };
      if (kind === "number" || kind === "boolean") return { kind };
    }
    if (Structure.safeParse(schema).success) return { kind: "object", of: this.structure(schema) };
    const list = List.safeParse(schema);
    if (list.success) return { kind: "list", of: this.#shape(list.data[4], values) };
    const mapping = Mapping.safeParse(schema);
    if (mapping.success) {
      return { kind: "map", keys: new Set(values), of: this.#shape(mapping.data[5], undefined) };
    }
    throw new Error(`the SDK has a schema of a kind that is not known: ${JSON.stringify(schema)}`);
  }

  /** The values of the enum that a member's declaration names. */
  #enumOf(member: string): string[] | undefined {
    const declared = this.#types.get(member) ?? "";
    for (const [word] of declared.matchAll(/\w+/g)) {
      const values = EnumValues.safeParse(this.#exported[word]);
      if (values.success) return Object.values(values.data);
    }
    return undefined;
  }
}

/** Schemas refer to each other by functions. */
function resolved(reference: unknown): unknown {
  return typeof reference === "function" ? reference() : reference;
}

/** `Structure.member` to its declared type. */
function memberTypes(declarations: string): Map<string, string> {
  const types = new Map<string, string>();
  for (const [, name, body = ""] of declarations.matchAll(/interface (\w+)[^{]*\{\n(.*?)\n\}/gs)) {
    for (const [, member, type = ""] of body.matchAll(/^ {4}(\w+)\??: (.*);$/gm)) {
      types.set(`${name}.${member}`, type);
    }
  }
  return types;
}

function errorsOf(operation: string): Set<string> {
  const file = join(DECLARATIONS, `commands/${operation}Command.d.ts`);
  const thrown = readFileSync(file, "utf8").matchAll(/@throws \{@link (\w+)\}/g);
  const names = [...thrown].flatMap(([, name]) => name ?? []);
  // The last is the base class of all of them.
  return new Set(names.filter((name) => name !== "CodeDeployServiceException"));
}
