/**
 * Parameters of the AWS Query protocol: a structure is written flat, `Tags.member.1.Key=role`, and
 * becomes the object it stands for. Values stay text; schemas make numbers of them.
 * @module
 */
import { z } from "zod";
import { QueryError } from "./query_error.ts";

/** More than any operation takes; a request beyond it is somebody's mistake. */
const PARAMETERS_MAX = 1000;
const DEPTH_MAX = 12;

/** A value, or what its name goes on with. */
type Branch = Map<string, string | Branch>;

/**
 * The object that flat parameters stand for. `X.member.N` is a list in the order of its numbers,
 * `X.entry.N.key` and `X.entry.N.value` a record; `skip` leaves parameters out by their name.
 * Throws MalformedQueryString.
 */
export function readFlattened(
  parameters: Iterable<[string, string]>,
  skip: (name: string) => boolean,
): Record<string, unknown> {
  const root: Branch = new Map();
  let count = 0;
  for (const [name, value] of parameters) {
    if (skip(name)) continue;
    if (++count > PARAMETERS_MAX) throw malformed(`has more than ${PARAMETERS_MAX} parameters`);
    put(root, name, value);
  }
  return objectOf(root);
}

/** A list of an input; SDKs write an empty one as `Tags=`. */
export function queryList<Item extends z.ZodType>(item: Item) {
  return z.preprocess((given) => given === "" ? [] : given, z.array(item));
}

/** A whole number of an input, which arrives as text. */
export function queryInteger(min: number, max: number) {
  return z.string().regex(/^-?\d{1,15}$/, "must be a whole number").transform(Number)
    .pipe(z.number().min(min).max(max));
}

function put(root: Branch, name: string, value: string): void {
  const path = name.split(".");
  if (path.length > DEPTH_MAX) throw malformed(`has the name ${name}, of too many parts`);
  const last = path.pop() ?? "";
  let at = root;
  for (const part of path) {
    const next = at.get(part) ?? new Map<string, string | Branch>();
    if (typeof next === "string") throw malformed(`says ${name} and also gives ${part} a value`);
    at.set(part, next);
    at = next;
  }
  if (at.has(last)) throw malformed(`gives ${name} twice`);
  at.set(last, value);
}

function objectOf(branch: Branch): Record<string, unknown> {
  // Without a prototype: a parameter may be called `__proto__`.
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, value] of branch) object[name] = valueOf(value);
  return object;
}

function valueOf(value: string | Branch): unknown {
  if (typeof value === "string") return value;
  const [only] = value;
  if (value.size === 1 && only && typeof only[1] !== "string") {
    if (only[0] === "member") return inOrder(only[1]).map(valueOf);
    if (only[0] === "entry") return recordOf(only[1]);
  }
  return objectOf(value);
}

function inOrder(numbered: Branch): (string | Branch)[] {
  for (const number of numbered.keys()) {
    if (!/^[1-9]\d{0,5}$/.test(number)) throw malformed(`numbers an entry "${number}"`);
  }
  return [...numbered].sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
}

function recordOf(numbered: Branch): Record<string, unknown> {
  const record: Record<string, unknown> = Object.create(null);
  for (const entry of inOrder(numbered)) {
    const key = typeof entry === "string" ? undefined : entry.get("key");
    if (typeof entry === "string" || typeof key !== "string") {
      throw malformed("has an entry without a key");
    }
    record[key] = valueOf(entry.get("value") ?? "");
  }
  return record;
}

function malformed(reason: string): QueryError {
  return new QueryError("MalformedQueryString", `The query ${reason}.`);
}
