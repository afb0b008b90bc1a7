/**
 * Functions of the system's C library, for the few calls that neither `node:` nor web APIs offer.
 *
 * Bun and Deno both bind native functions, each in its own words; this file has one form for both.
 * The library may be glibc or musl; where neither answers, the caller does without.
 * @module
 */
import { Buffer } from "node:buffer";
import process from "node:process";

/** How a value is handed over. A `buffer` passes the address of its first byte, null passes 0. */
export type NativeType = "i32" | "u32" | "usize" | "buffer";
export type NativeValue = number | bigint | Uint8Array | null;
/** Every function used here answers an `int`, or an `ssize_t` that is small. */
export type NativeFunction = (...values: NativeValue[]) => number;
/** The parameters of each function by its name. */
export type Signatures = Readonly<Record<string, readonly NativeType[]>>;
export type Library<Names extends Signatures> = Readonly<Record<keyof Names, NativeFunction>>;

const bun = typeof Bun !== "undefined";

const musl = process.arch === "arm64" ? "aarch64" : "x86_64";
const NAMES = ["libc.so.6", `libc.musl-${musl}.so.1`, "libc.so"];

/** Binds functions of the C library; undefined where there is none that has them all. */
export function openLibc<Names extends Signatures>(signatures: Names): Library<Names> | undefined {
  for (const name of NAMES) {
    try {
      return bun ? bindWithBun(name, signatures) : bindWithDeno(name, signatures);
    } catch {
      // Not under this name, or not with these functions: the next name may have them.
    }
  }
  return undefined;
}

type Bound<Names extends Signatures> = Library<Names>;

function bindWithBun<Names extends Signatures>(name: string, signatures: Names): Bound<Names> {
  const { dlopen } = bunFfi();
  const words = { i32: "i32", u32: "u32", usize: "usize", buffer: "ptr" } as const;
  const declared = mapValues(signatures, (types) => ({
    args: types.map((type) => words[type]),
    returns: "i32" as const,
  }));
  return dlopen(name, declared).symbols as unknown as Bound<Names>; // because the declaration is made from the signatures
}

function bindWithDeno<Names extends Signatures>(name: string, signatures: Names): Bound<Names> {
  const declared = mapValues(signatures, (parameters) => ({ parameters, result: "i32" as const }));
  return Deno.dlopen(name, declared).symbols as unknown as Bound<Names>; // because the declaration is made from the signatures
}

function mapValues<Value, Mapped>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Mapped,
): Record<string, Mapped> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function bunFfi(): typeof import("bun:ffi") {
  return process.getBuiltinModule("bun:ffi") as typeof import("bun:ffi"); // because node's types know node's modules alone
}

/** Where the bytes lie. They must not be let go of while the address is used. */
function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return bun ? BigInt(bunFfi().ptr(bytes)) : Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}

/** Bytes with the zero that ends a string in C. */
export function cString(text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const ended = new Uint8Array(bytes.length + 1);
  ended.set(bytes);
  return ended;
}

/** A `char *[]` with its closing null, and the strings it points to, to be kept as long as it is. */
export interface StringArray {
  readonly pointers: Uint8Array;
  readonly strings: readonly Uint8Array[];
}

export function cStrings(texts: readonly (string | Uint8Array)[]): StringArray {
  const strings = texts.map(cString);
  const pointers = new BigUint64Array([...strings.map(addressOf), 0n]);
  return { pointers: new Uint8Array(pointers.buffer), strings };
}
