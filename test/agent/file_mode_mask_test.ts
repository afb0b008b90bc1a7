import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileModeMask } from "../../core/agent/file_mode_mask.ts";

test("the mask of file modes is the one that a child inherits", () => {
  const umask = execFileSync("/bin/sh", ["-c", "umask"], { encoding: "utf8" });
  assert.equal(fileModeMask(), Number.parseInt(umask, 8));
});
