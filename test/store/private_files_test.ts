import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { meta } from "../../core/store/schema.ts";
import { openStore } from "../../core/store/store.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

test("nobody else can read the store, in a directory that everybody may enter too", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "data");
  mkdirSync(path, { mode: 0o755 });
  // The second start finds the files as an earlier version left them.
  for (const round of ["first", "second"]) {
    const store = openStore(path);
    await store.commit((tx) => tx.insert(meta).values({ key: round, value: "b" }).run());
    const open = readdirSync(path).filter((name) => name.startsWith("runtime.db"))
      .filter((name) => (statSync(join(path, name)).mode & 0o077) !== 0);
    assert.deepEqual(open, [], `${round} start`);
    assert.ok(readdirSync(path).includes("runtime.db-wal"));
    store.close();
    for (const name of readdirSync(path)) chmodSync(join(path, name), 0o644);
  }
});
