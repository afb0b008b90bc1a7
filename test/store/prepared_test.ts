import assert from "node:assert/strict";
import { test } from "node:test";
import { eq, sql } from "drizzle-orm";
import type { Db } from "../../core/store/database.ts";
import { prepared } from "../../core/store/prepared.ts";
import { applications } from "../../core/store/schema.ts";
import { openStore } from "../../core/store/store.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const rename = (db: Db) =>
  db.update(applications).set({ name: sql`${sql.placeholder("to")}` })
    .where(eq(applications.id, sql.placeholder("id")))
    .returning({ name: applications.name }).prepare();

test("a statement is built once a connection, and again after it failed", async () => {
  using directory = temporaryDirectory();
  const store = openStore(directory.path);
  try {
    const give = (id: string, to: string) =>
      store.commit((tx) => prepared(tx, rename).get({ id, to })?.name);
    await store.commit((tx) => {
      const rest = { computePlatform: "Server", createTime: 0 } as const;
      tx.insert(applications).values([{ id: "1", name: "a", ...rest }]).run();
      tx.insert(applications).values([{ id: "2", name: "b", ...rest }]).run();
      assert.equal(prepared(tx, rename), prepared(tx, rename));
    });
    assert.equal(await give("1", "c"), "c");
    await assert.rejects(give("1", "b"), /UNIQUE/);
    assert.equal(await give("2", "d"), "d");
    assert.equal(await give("1", "b"), "b");
  } finally {
    store.close();
  }
});
