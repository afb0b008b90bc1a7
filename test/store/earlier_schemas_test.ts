/** Stores that earlier versions wrote: a row of each of their tables is read as it was written. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { getTableName } from "drizzle-orm";
import Database from "libsql";
import { connect } from "../../core/store/database.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "../../core/store/migrations.ts";
import * as schema from "../../core/store/schema.ts";
import { openStore } from "../../core/store/store.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const APPLICATION_ID = 0x524e544d;

/** A value of each type of column; the text is JSON too, as some columns are. */
const VALUES: Readonly<Record<string, unknown>> = {
  TEXT: '{"kept":"as it was"}',
  INTEGER: 7,
  BLOB: new Uint8Array([1, 2, 3]),
};

for (let version = 1; version < SCHEMA_VERSION; version++) {
  test(`a store of schema ${version} is taken over with every row that it has`, () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, "runtime.db");
    const before = writeEarlier(file, version);
    assert.ok(Object.keys(before).length > 10);
    const store = openStore(directory.path);
    for (const table of Object.values(schema)) {
      if (!(getTableName(table) in before)) continue;
      assert.equal(store.read.select().from(table).all().length, 1, getTableName(table));
    }
    store.close();
    const { client } = connect(file);
    for (const [table, { columns, row }] of Object.entries(before)) {
      assert.deepEqual(client.prepare(`SELECT ${columns} FROM ${table}`).all(), [row], table);
    }
    client.close();
  });
}

/** Makes the file as a server of that schema left it; answers its rows by table. */
function writeEarlier(
  file: string,
  version: number,
): Record<string, { columns: string; row: unknown }> {
  const client = new Database(file);
  for (const statements of MIGRATIONS.slice(0, version)) client.exec(statements);
  client.exec(`PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION_ID}`);
  const rows = (sql: string) => client.prepare(sql).all() as Record<string, string>[]; // because the driver returns unknown rows
  const tables = rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    .map(({ name = "" }) => name).filter((name) => !name.startsWith("sqlite_"));
  const written = tables.map((table) => {
    const found = rows(`PRAGMA table_info(${table})`);
    const columns = found.map(({ name }) => name).join(", ");
    const marks = found.map(() => "?").join(", ");
    client.prepare(`INSERT INTO ${table} (${columns}) VALUES (${marks})`)
      .run(...found.map(({ type = "" }) => VALUES[type]));
    return [table, { columns, row: rows(`SELECT ${columns} FROM ${table}`)[0] }] as const;
  });
  client.close();
  return Object.fromEntries(written);
}
