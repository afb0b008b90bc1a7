/**
 * Forms of the AWS Query protocol: an input written flat, then spoiled in its names, its numbers or
 * its bytes.
 * @module
 */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { Json } from "./input.ts";

export type Parameters = [name: string, value: string][];

/** Members that are maps, `entry.N.key` and `entry.N.value`. */
const MAPS = new Set(["Attributes", "MessageAttributes"]);

/** The flat parameters of an input. */
export function flattened(value: Json, name = ""): Parameters {
  if (value === undefined) return [];
  if (Array.isArray(value)) {
    if (value.length === 0) return [[name, ""]];
    return value.flatMap((one, at) => flattened(one, `${name}.member.${at + 1}`));
  }
  if (typeof value !== "object" || value === null) return [[name, String(value)]];
  const members = Object.entries(value);
  if (MAPS.has(name)) {
    return members.flatMap(([key, one], at): Parameters => [
      [`${name}.entry.${at + 1}.key`, key],
      ...flattened(one, `${name}.entry.${at + 1}.value`),
    ]);
  }
  return members.flatMap(([key, one]) => flattened(one, name === "" ? key : `${name}.${key}`));
}

/** Names that a reader of them may break at. */
const ODD_NAMES = [
  ...["", ".", "..", "...", ".member.1", "Tags.", "Tags..Key", "Tags.member", "Tags.member."],
  ...["Tags.member.0", "Tags.member.-1", "Tags.member.1e3", "Tags.member.999999.Key", "Tags.1.Key"],
  ...["Tags.member.1000000", "Tags.member.99999999999999999999.Key", "Tags.member.\u0661.Key"],
  ...["Tags.member.01", "Tags.member.length", "Tags.member.__proto__.Key", "Tags.entry.1.key"],
  ...["Attributes.entry.1.key", "Attributes.entry.1.value.x", "Attributes.entry.1.key.x"],
  ...["Attributes.entry.2.value", "Attributes.entry.__proto__.key", "Attributes.member.1"],
  ...["__proto__", "__proto__.polluted", "constructor.prototype.polluted", "toString", "then"],
  ...["Action", "Version", "Action.member.1", "X-Amz-Signature", "x-amz-x", "\0", "\ud800", "a b"],
  ...["a".repeat(100_000), "a.".repeat(11) + "a", "a.".repeat(12) + "a", "a.".repeat(20_000)],
];

/** What is done to the parameters of a form. */
const CHANGES = {
  none: (given: Parameters) => given,
  twice: (given: Parameters, at: number) => [...given, ...given.slice(at % (given.length || 1))],
  odd: (given: Parameters, at: number) => [...given, [ODD_NAMES[at % ODD_NAMES.length]!, "x"]],
  "odd in front": (
    given: Parameters,
    at: number,
  ) => [[ODD_NAMES[at % ODD_NAMES.length]!, ""], ...given],
  below: (given: Parameters, at: number) => [...given, [`${given[at % given.length]?.[0]}.x`, "x"]],
  renamed: (given: Parameters, at: number) =>
    given.map(([name, value], place) => [
      place === at % given.length ? name.replace(/\d+/, "100000") + (at % 3 ? "" : ".") : name,
      value,
    ]),
  many: (given: Parameters) => [
    ...given,
    ...Array.from({ length: 1_100 }, (_, n) => [`Tags.member.${n + 1}.Key`, `k${n}`]),
  ],
  keys: (given: Parameters) => [
    ...given,
    ...["__proto__", "constructor", "DisplayName"].flatMap((key, n) => [
      [`Attributes.entry.${n + 1}.key`, key],
      [`Attributes.entry.${n + 1}.value`, "x"],
    ]),
  ],
  long: (given: Parameters) => [...given, ["Message", "\u00e9".repeat(300_000)]],
} satisfies Record<string, (given: Parameters, at: number) => string[][]>;

/** What is done to the text of a form. */
const ENCODINGS = {
  sound: (text: string) => Buffer.from(text),
  "broken escapes": (text: string) => Buffer.from(`${text}&Description=%zz%&Name=%u00e9%`),
  "escapes that are no UTF-8": (text: string) => Buffer.from(`${text}&Path=%ff%fe%c0%80`),
  surrogates: (text: string) => Buffer.from(`${text}&UserName=%ed%a0%80`),
  "raw bytes": (text: string) => Buffer.concat([Buffer.from(text), Buffer.from([0x26, 0xff, 0])]),
  "UTF-16": (text: string) => Buffer.from(text, "utf16le"),
  mark: (text: string) => Buffer.from(`\ufeff${text}`),
  separators: (text: string) => Buffer.from(`&&=&=&${text}&;;=&===`),
  plus: (text: string) => Buffer.from(text.replaceAll("%", "+")),
  cut: (text: string, at: number) => Buffer.from(text.slice(0, at % (text.length + 1))),
  nothing: () => Buffer.alloc(0),
};

/** How a form is spoiled: mostly not at all, in one of the two ways otherwise. */
export interface Spoilt {
  change: keyof typeof CHANGES;
  encoding: keyof typeof ENCODINGS;
  at: number;
}

export const anySpoilt: fc.Arbitrary<Spoilt> = fc.record({
  change: often("none", CHANGES),
  encoding: often("sound", ENCODINGS),
  at: fc.nat(),
});

function often<Name extends string>(usual: NoInfer<Name>, of: Record<Name, unknown>) {
  // because the keys of an object literal are its names
  const names = Object.keys(of) as Name[];
  return fc.oneof(
    { arbitrary: fc.constant(usual), weight: 3 },
    { arbitrary: fc.constantFrom(...names), weight: 1 },
  );
}

/** The bytes of the form. */
export function formOf(parameters: Parameters, { change, encoding, at }: Spoilt): Buffer {
  const text = new URLSearchParams(CHANGES[change](parameters, at)).toString();
  return ENCODINGS[encoding](text, at);
}
