import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EntryLog, localTimeMs } from "../../core/agent/entry_log.ts";

test("a log at its limit becomes .1, and the oldest of them goes", () => {
  const directory = mkdtempSync(join(tmpdir(), "runtime-log-"));
  try {
    const path = join(directory, "logs", "scripts.log");
    for (let number = 1; number <= 9; number++) {
      const log = new EntryLog(path, { maxBytes: 8, files: 3 });
      log.write(`${number}...\n`);
      assert.equal(log.close(), undefined);
    }
    const files = readdirSync(join(directory, "logs")).sort();
    const texts = files.map((name) => readFileSync(join(directory, "logs", name), "utf8"));
    assert.deepEqual(files, ["scripts.log", "scripts.log.1", "scripts.log.2"]);
    assert.deepEqual(texts, ["9...\n", "7...\n8...\n", "5...\n6...\n"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("entries are written when the process has a moment, without being closed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "runtime-log-"));
  try {
    const path = join(directory, "scripts.log");
    const log = new EntryLog(path, { maxBytes: 100, files: 2 });
    log.write("a\n");
    log.write("b\n");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(readFileSync(path, "utf8"), "a\nb\n");
    log.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("times are the host's own, to the millisecond", () => {
  assert.equal(localTimeMs(new Date(2026, 0, 2, 3, 4, 5, 6)), "2026-01-02 03:04:05.006");
});
