import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { LINE_LIMIT, LineSplitter } from "../../hooks/line_splitter.ts";
import { LOG_TAIL_LIMIT, LogTail } from "../../hooks/log_tail.ts";

function tail(entries: string[]): string {
  const log = new LogTail();
  for (const entry of entries) log.append(entry);
  return log.text;
}

test("spec 4.4 log buffer: the longest run of whole last entries below 2048 characters", () => {
  const entry = fc.string({ minLength: 1, maxLength: 900 });
  fc.assert(fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
    const kept = [0, ...entries.keys()].map((index) => entries.slice(index).join(""))
      .find((text) => text.length < LOG_TAIL_LIMIT);
    assert.equal(tail(entries), kept ?? "");
  }));
});

test("spec 4.4 log buffer: 2047 characters fit, one more does not", () => {
  assert.equal(tail(["a", "b".repeat(2046)]).length, 2047);
  assert.equal(tail(["a", "b".repeat(2047)]), "b".repeat(2047));
});

test("trap 17: an entry of 2048 characters does not wipe the log, its last part is kept", () => {
  assert.equal(tail(["before\n", "x".repeat(5000) + "why\n"]).slice(-5), "xwhy\n");
  assert.equal(tail(["before\n", "x".repeat(5000)]).length, 2047);
  assert.ok(tail(["😀".repeat(2000)]).isWellFormed());
});

function lines(chunks: Buffer[]): string[] {
  const found: string[] = [];
  const splitter = new LineSplitter((line) => found.push(line));
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  splitter.end();
  return found;
}

test("lines do not depend on how the pipe cuts them, not even in a character", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) =>
    !text.includes("\n")
  );
  fc.assert(fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (texts, size) => {
    const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    assert.deepEqual(lines(chunks), texts);
  }));
});

test("a last line without its break is delivered", () => {
  assert.deepEqual(lines([Buffer.from("a\nb")]), ["a", "b"]);
});

test("a line longer than 64 KiB comes in pieces, and nothing of it is lost", () => {
  const text = "x".repeat(LINE_LIMIT * 2 + 5);
  const pieces = lines([Buffer.from(`${text}\nend\n`)]);
  assert.deepEqual(pieces.map((piece) => piece.length), [LINE_LIMIT, LINE_LIMIT, 5, 3]);
});
