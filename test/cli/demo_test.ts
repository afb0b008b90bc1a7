import { test } from "node:test";
import assert from "node:assert/strict";
import { heading } from "../../core/cli/demo/story.ts";

test("a heading of the demo ends with its last word", () => {
  assert.equal(heading("Version 1.0, one host at a time"), "── Version 1.0, one host at a time");
});
