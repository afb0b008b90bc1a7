import assert from "node:assert/strict";
import { test } from "node:test";
import { counted } from "../../core/agent/counted.ts";

test("one thing is told in the singular, any other number in the plural", () => {
  const told = [0, 1, 2].map((count) => counted(count, "old path"));
  assert.deepEqual(told, ["0 old paths", "1 old path", "2 old paths"]);
});
