/** Every row of the specification that is about hosts is played by a test, or says why not. @module */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SPEC_ROWS } from "./spec_rows.ts";

const TESTS = new URL("../", import.meta.url).pathname;

test("no row is there twice", () => {
  const rows = SPEC_ROWS.map(([row]) => row);
  assert.deepEqual(rows.filter((row, index) => rows.indexOf(row) !== index), []);
});

test("the test of each row is where it is said to be", () => {
  const lost = SPEC_ROWS.flatMap(([row, file, words]) => {
    if (words === undefined) return [];
    // A long title may be broken into lines, never inside a text.
    const isThere = readFileSync(join(TESTS, file), "utf8").includes(words);
    return isThere ? [] : `${row}: ${file} has nothing like "${words}"`;
  });
  assert.deepEqual(lost, []);
});

test("the traps about hosts are all there", () => {
  const traps = [22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 46, 47, 48, 49, 50];
  const named = new Set(SPEC_ROWS.map(([row]) => row.match(/^trap \d+/)?.[0]));
  assert.deepEqual(traps.filter((trap) => !named.has(`trap ${trap}`)), []);
});
