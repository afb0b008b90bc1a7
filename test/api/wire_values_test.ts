/**
 * Values of AWS JSON (spec 0): null is as good as left out, members that nobody knows are passed over,
 * and a value of another JSON type than the member's is a SerializationException. All rows are made
 * from the input schemas, however deep a member lies.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { PUBLIC_SERVICES } from "./operation_table.ts";
import { ownOperation, type Shape } from "./operation_shapes.ts";
import { ACCEPTED } from "./reachable_errors/accepted.ts";
import { openWorld } from "./reachable_errors/world.ts";
import type { Shop } from "./shop.ts";

/** Refusals and reads change nothing, so that all of them ask one server. */
let world: Promise<Shop> | undefined;
const shared = () => (world ??= openWorld());
after(async () => {
  await (await world)?.[Symbol.asyncDispose]();
});

const [codedeploy] = PUBLIC_SERVICES;
const OPERATIONS = [...codedeploy?.operations.values() ?? []].map((one) => ({
  name: one.name,
  role: one.role,
  input: ownOperation(one).input,
  accepted: ACCEPTED[one.name] ?? {},
}));

/** Calls in a world of its own when the call changes something. */
async function taken({ name, role }: typeof OPERATIONS[number], input: object): Promise<unknown> {
  if (role === "viewer") return await (await shared()).call(name, input);
  await using shop = await openWorld("roomy");
  return await shop.call(name, input);
}

/** The value with null for each member that it has not. */
function withNulls(shape: Shape, value: unknown): unknown {
  if (shape.kind === "list" && Array.isArray(value)) {
    return value.map((entry) => withNulls(shape.of, entry));
  }
  if (shape.kind !== "object" || typeof value !== "object" || value === null) return value;
  const members = [...shape.of.members].map(([name, of]): [string, unknown] => {
    const given: unknown = Reflect.get(value, name);
    return [name, given === undefined ? null : withNulls(of, given)];
  });
  return Object.fromEntries(members);
}

/** The value with a member in each of its objects that nobody knows. */
function withStrangers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withStrangers);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, withStrangers(one)]);
  return { ...Object.fromEntries(members), fromTheFuture: { of: ["another", 1] } };
}

for (const operation of OPERATIONS) {
  const { name, input, accepted } = operation;
  test(`${name} takes null for whatever may be left out`, async () => {
    await taken(operation, Object(withNulls({ kind: "object", of: input }, accepted)));
  });
  test(`${name} passes over members that nobody knows`, async () => {
    await taken(operation, Object(withStrangers(accepted)));
  });
}

/** Something of a shape, right in its types alone. */
function sample(shape: Shape): unknown {
  switch (shape.kind) {
    case "string":
      return [...shape.values][0] ?? "x";
    case "number":
      return 1;
    case "boolean":
      return true;
    case "list":
      return [sample(shape.of)];
    case "map":
      return Object.fromEntries([...shape.keys].map((key) => [key, sample(shape.of)]));
    case "object":
      return Object.fromEntries([...shape.of.members].map(([key, of]) => [key, sample(of)]));
  }
}

const WRONG: Readonly<Record<Shape["kind"], readonly unknown[]>> = {
  string: [5, true, ["x"], { x: "x" }],
  number: ["1", "x", true, [1], { x: 1 }],
  boolean: ["true", 1, [true], { x: true }],
  list: ["x", 1, true, { x: "x" }],
  map: ["x", 1, true],
  object: ["x", 1, true],
};

type Wrong = [path: string, value: unknown];

/** Values of a shape that are wrong in one place each, and the path of that place. */
function wrongs(shape: Shape, path: string): Wrong[] {
  const here = WRONG[shape.kind].map((value): Wrong => [path, value]);
  switch (shape.kind) {
    case "list":
      return [...here, ...within(wrongs(shape.of, `${path}.0`), (one) => [one])];
    case "map":
      return [
        ...here,
        ...[...shape.keys].flatMap((key) =>
          within(wrongs(shape.of, `${path}.${key}`), (one) => ({ [key]: one }))
        ),
      ];
    case "object":
      return [
        ...here,
        ...[...shape.of.members].flatMap(([member, of]) =>
          within(wrongs(of, `${path}.${member}`), (one) => ({
            ...Object(sample(shape)),
            ...form(shape, member),
            [member]: one,
          }))
        ),
      ];
    default:
      return here;
  }
}

const within = (all: readonly Wrong[], outer: (value: unknown) => unknown): Wrong[] =>
  all.map(([path, value]) => [path, outer(value)]);

/** The value of `type` or `revisionType` that says that a member counts, where one does. */
function form(shape: Shape & { kind: "object" }, member: string): object {
  for (const name of ["type", "revisionType"]) {
    const says = shape.of.members.get(name);
    if (says?.kind !== "string" || name === member) continue;
    const value = [...says.values].find((one) => member.toLowerCase().startsWith(word(one)));
    if (value !== undefined) return { [name]: value };
  }
  return {};
}

/** `S3` of `s3Location`; `TimeBasedCanary` of `timeBasedCanary`. */
const word = (value: string) => value.toLowerCase();

for (const { name, input: { members }, accepted } of OPERATIONS) {
  const all = [...members].flatMap(([member, shape]) =>
    wrongs(shape, member).map(([path, value]) => ({
      path,
      input: { ...accepted, [member]: value },
    }))
  );
  if (all.length === 0) continue;
  test(`${name} refuses ${all.length} values of a wrong type, naming the member`, async () => {
    const shop = await shared();
    for (const { path, input } of all) {
      const says = new RegExp(`^${path.replaceAll(".", "\\.")}(:|\\.)`);
      await shop.refuses(name, input, "SerializationException", says)
        .catch((error: unknown) => {
          throw new Error(`${path} ${JSON.stringify(input)}: ${error}`);
        });
    }
  });
}

for (const start of ["2026-11-25T00:00:00Z", "1446744188.711", { $date: 1 }, [1], true]) {
  test(`a time is a number: ${JSON.stringify(start)} is refused by its type`, async () => {
    const shop = await shared();
    const input = { createTimeRange: { start } };
    const type = "SerializationException";
    await shop.refuses("ListDeployments", input, type, /^createTimeRange\.start/);
  });
}

for (const start of [0, -1, 1446744188, 1446744188.711, 1446744188.7110001, 1e12]) {
  test(`a time is a number of seconds, ${start} among them`, async () => {
    const shop = await shared();
    const { deployments } = await shop.call("ListDeployments", { createTimeRange: { start } });
    assert.ok(Array.isArray(deployments));
  });
}
