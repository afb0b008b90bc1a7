import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { removeTree } from "../../core/agent/remove_tree.ts";

const NOBODY = 65_534;

test("read-only directories are removed also by one that is not root; where links lead stays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "remove-"));
  const [tree, kept] = [join(folder, "tree"), join(folder, "kept")];
  try {
    mkdirSync(kept);
    writeFileSync(join(kept, "f"), "stays");
    chmodSync(kept, 0o555);
    mkdirSync(join(tree, "locked/sub"), { recursive: true });
    writeFileSync(join(tree, "locked/sub/f"), "x");
    symlinkSync(kept, join(tree, "locked/link"));
    const made = ["", "locked", "locked/sub", "locked/sub/f", "locked/link"];
    // Root may write anywhere, so it shows nothing here; another user can only be had from root.
    if (process.getuid?.() === 0) {
      for (const path of [folder, kept]) lchownSync(path, NOBODY, NOBODY);
      for (const path of made) lchownSync(join(tree, path), NOBODY, NOBODY);
    }
    chmodSync(join(tree, "locked/sub"), 0o500);
    chmodSync(join(tree, "locked"), 0o555);
    if (process.getuid?.() === 0) {
      const script = new URL("./remove_tree_as_nobody.ts", import.meta.url).pathname;
      const args = ["run", "-A", "--no-check", script, tree];
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: "/" });
      assert.equal(status, 0, String(stderr));
    } else {
      await removeTree(tree);
    }
    assert.deepEqual(readdirSync(folder), ["kept"]);
    assert.equal(readFileSync(join(kept, "f"), "utf8"), "stays");
    assert.equal(statSync(kept).mode & 0o777, 0o555);
  } finally {
    if (readdirSync(folder).includes("kept")) chmodSync(kept, 0o755);
    rmSync(folder, { recursive: true });
  }
});

test("what is not there counts as removed", async () => {
  await removeTree(join(tmpdir(), "remove-of-nothing", "at-all"));
});
