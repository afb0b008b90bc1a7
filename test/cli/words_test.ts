import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonLine } from "../../core/cli/json_line.ts";
import { clip, duration, harmless, hostsOf, some } from "../../core/cli/words.ts";

test("a JSON line is one line, reads back as what it was, and is spaced as documented", () => {
  assert.equal(jsonLine({ deploymentId: "d-7H2K9QX4M" }), '{"deploymentId": "d-7H2K9QX4M"}\n');
  assert.equal(
    jsonLine({ a: [1, { b: "{\n ]" }], c: {} }),
    '{"a": [1, {"b": "{\\n ]"}], "c": {}}\n',
  );
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const line = jsonLine(value);
    assert.equal(line.indexOf("\n"), line.length - 1);
    assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
  }));
});

for (
  const [milliseconds, text] of [
    [0, "0.0 s"],
    [240, "0.2 s"],
    [9_940, "9.9 s"],
    [9_960, "10 s"],
    [59_600, "1 min 0 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
  ] as const
) {
  test(`${milliseconds} ms reads ${text}`, () => assert.equal(duration(milliseconds), text));
}

test("what a terminal would obey is taken out of remote text", () => {
  assert.equal(harmless("\x1b[31mred\x1b[0m\x07 a\tb\r"), "red a  b");
});

test("long texts and lists are cut where one can see it", () => {
  assert.equal(clip("abcdef", 4), "abc…");
  assert.equal(clip("abcd", 4), "abcd");
  assert.equal(some(["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d, e and 2 more");
});

test("a part of the hosts is told in words that fit their number", () => {
  const told = [[0, 1], [1, 1], [1, 3], [3, 3]].map(([count = 0, total = 0]) =>
    hostsOf(count, total)
  );
  assert.deepEqual(told, ["0 of 1 host", "1 host", "1 of 3 hosts", "3 of 3 hosts"]);
});
