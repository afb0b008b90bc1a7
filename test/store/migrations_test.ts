import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { connect, DataDirectoryError } from "../../core/store/database.ts";
import { SCHEMA_VERSION } from "../../core/store/migrations.ts";
import * as schema from "../../core/store/schema.ts";
import { meta } from "../../core/store/schema.ts";
import { openStore } from "../../core/store/store.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

for (const table of Object.values(schema)) {
  const { name, columns, indexes, primaryKeys } = getTableConfig(table);
  test(`the migrated table ${name} is the one of the schema`, () => {
    using directory = temporaryDirectory();
    openStore(directory.path).close();
    const { client } = connect(join(directory.path, "runtime.db"));
    const rows = (sql: string) => client.prepare(sql).all() as Record<string, unknown>[]; // because the driver returns unknown rows
    const found = rows(`PRAGMA table_info(${name})`);
    const key = primaryKeys.flatMap((one) => one.columns.map((column) => column.name));
    const keyColumns = key.length > 0
      ? key
      : columns.filter((column) => column.primary).map((column) => column.name);
    assert.deepEqual(
      found.map((row) => ({
        name: row["name"],
        type: row["type"],
        nullable: row["notnull"] === 0 && row["pk"] === 0,
        key: row["pk"],
      })),
      columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        nullable: !column.notNull && !column.primary,
        key: keyColumns.indexOf(column.name) + 1,
      })),
    );
    const made = rows(`PRAGMA index_list(${name})`).filter((row) => row["origin"] === "c");
    assert.deepEqual(
      made.map((row) => ({
        name: row["name"],
        unique: row["unique"] === 1,
        columns: rows(`PRAGMA index_info(${row["name"]})`).map((column) => column["name"]),
      })).sort(byName),
      indexes.map(({ config }) => ({
        name: config.name,
        unique: config.unique,
        columns: config.columns.map((column) => "name" in column ? column.name : ""),
      })).sort(byName),
    );
    client.close();
  });
}

test("opening a store again changes nothing and keeps its rows", async () => {
  using directory = temporaryDirectory();
  const first = openStore(directory.path);
  await first.commit((tx) => tx.insert(meta).values({ key: "a", value: "b" }).run());
  first.close();
  const second = openStore(directory.path);
  assert.deepEqual(second.read.select().from(meta).all(), [{ key: "a", value: "b" }]);
  second.close();
});

test("a store that a newer program wrote is refused and left as it is", () => {
  using directory = temporaryDirectory();
  openStore(directory.path).close();
  const file = join(directory.path, "runtime.db");
  execute(file, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  refuses(directory.path, /written by a newer runtime/);
  refuses(directory.path, new RegExp(`schema ${SCHEMA_VERSION + 1}`));
  const { client } = connect(file);
  const row = client.prepare("PRAGMA user_version").get() as { user_version: number }; // because the driver returns unknown rows
  assert.equal(row.user_version, SCHEMA_VERSION + 1);
  client.close();
});

test("a database of another program is refused and left as it is", () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, "runtime.db");
  execute(file, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  const before = readFileSync(file);
  refuses(directory.path, /database of another program; nothing was changed/);
  assert.ok(before.equals(readFileSync(file)), "the file was changed");
});

test("a directory with other files in it is refused and gets nothing new", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "home");
  mkdirSync(path);
  writeFileSync(join(path, "letter.txt"), "dear");
  refuses(path, /not a data directory of runtime: it holds letter\.txt/);
});

test("a second server on the same directory is refused until the first one ends", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "data");
  const first = openStore(path);
  refuses(path, /in use by another runtime server/);
  first.close();
  openStore(path).close();
});

function refuses(path: string, message: RegExp): void {
  assert.throws(() => openStore(path), (error) => {
    assert.ok(error instanceof DataDirectoryError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

function execute(file: string, statements: string): void {
  const { client } = connect(file);
  client.exec(statements);
  client.close();
}

function byName(one: { name: unknown }, other: { name: unknown }): number {
  return String(one.name).localeCompare(String(other.name));
}
