/** The tokeniser of the house rules, on the texts that fool a search by regular expression. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Token, tokenize } from "./source_text.ts";

const table: [name: string, text: string, expected: string[]][] = [
  ["words and punctuation", "a.b()", ["a", ".", "b", "(", ")"]],
  ["a string is its content", `x("import 'y'")`, ["x", "(", "'import 'y''", ")"]],
  ["an escaped quote stays inside", String.raw`"a\"b"`, [String.raw`'a\"b'`]],
  ["a comment is one token", "a // import b\nc", ["a", "#// import b", "c"]],
  ["a slash after a word divides", "a / b / c", ["a", "/", "b", "/", "c"]],
  ["a slash after return begins a pattern", `return /"/.test(x)`, [
    "return",
    '~/"/',
    ".",
    "test",
    "(",
    "x",
    ")",
  ]],
  ["a pattern with a slash in its class", `= /[/"]/g;`, ["=", `~/[/"]/g`, ";"]],
  ["a template without holes is a string", "`a'b`", ["'a'b'"]],
  ["code in a template is code", "`a${b}c`", ["?'a'", "b", "?'c'"]],
  ["braces inside a hole", "`a${{ b: {} }}c` d", [
    ...["?'a'", "{", "b", ":", "{", "}", "}", "?'c'", "d"],
  ]],
  ["a template in a template", "`a${`b${c}`}d`", ["?'a'", "?'b'", "c", "?''", "?'d'"]],
  ["a lone quote is not a string", "it's", ["it", "'", "s"]],
  ["an arrow is one token", "()=>{}", ["(", ")", "=>", "{", "}"]],
];

for (const [name, text, expected] of table) {
  test(`tokenize: ${name}`, () => assert.deepEqual(tokenize(text).map(show), expected));
}

test("a token knows the line it begins in", () => {
  const lines = tokenize("a\n/* x\n y */ `p\nq` b").map(({ text, line }) => `${text.at(0)}${line}`);
  assert.deepEqual(lines, ["a1", "/2", "p3", "b4"]);
});

test("whatever the text, the tokens come to an end and keep the order of its lines", () => {
  const unit = fc.constantFrom("a", "`", "${", "}", "{", "/", "*", '"', "'", "\\", "\n", " ", "[");
  fc.assert(fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
    const lines = tokenize(text).map(({ line }) => line);
    assert.deepEqual(lines, lines.toSorted((a, b) => a - b));
    assert.ok((lines.at(-1) ?? 1) <= text.split("\n").length);
  }));
});

/** Strings in quotes, patterns behind `~`, comments behind `#`, unknown values behind `?`. */
function show({ kind, text, computed }: Token): string {
  const mark = computed ? "?" : "";
  if (kind === "string") return `${mark}'${text}'`;
  return `${kind === "regex" ? "~" : kind === "comment" ? "#" : ""}${text}`;
}
