import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "libsql";
import analysis from "../../../plugins/analyses/sql.ts";
import { configFault, measure } from "../plugin_call.ts";

const folder = mkdtempSync(join(tmpdir(), "sql-"));
const path = join(folder, "shop.db");

before(() => {
  const database = new Database(path);
  database.exec(`
    CREATE TABLE orders (deployment TEXT, failed INTEGER, price REAL, note TEXT);
    INSERT INTO orders VALUES ('d-SHOP00001', 1, 9.5, '3'), ('d-SHOP00001', 0, 1, 'three'),
      ('d-OTHER0001', 1, 2, NULL);
  `);
  database.close();
});
after(() => rmSync(folder, { recursive: true }));

const OWN = "FROM orders WHERE deployment = '{deployment}'";

const values: [what: string, query: string, value: number | undefined, evidence: RegExp][] = [
  ["a count", `SELECT count(*) ${OWN}`, 2, /deployment = 'd-SHOP00001' is 2$/],
  ["a share", `SELECT avg(failed) ${OWN}`, 0.5, /is 0\.5$/],
  ["the first of two columns", `SELECT max(price), count(*) ${OWN}`, 9.5, /is 9\.5$/],
  ["a number in a text", `SELECT note ${OWN} AND failed`, 3, /is 3$/],
  ["null", "SELECT sum(price) FROM orders WHERE false", undefined, /is null$/],
  ["no row", "SELECT price FROM orders WHERE false", undefined, /gives no row$/],
];
for (const [what, query, value, evidence] of values) {
  test(`an analysis of a database: ${what}`, async () => {
    const measured = await measure(analysis, { path, query });
    assert.equal(measured.value, value);
    assert.match(measured.evidence, evidence);
  });
}

const failures: [what: string, query: string, message: RegExp][] = [
  ["two rows", `SELECT price ${OWN}`, /gives more than one row/],
  ["a word", `SELECT note ${OWN} AND NOT failed`, /^"three" is no number$/],
  ["a query that is none", "SELECT price FROM gone", /no such table: gone/],
  ["a query that would change something", "DELETE FROM orders", /./],
];
for (const [what, query, message] of failures) {
  test(`an analysis of a database has no value: ${what}`, async () => {
    await assert.rejects(measure(analysis, { path, query }), { message });
  });
}

test("what would be changed is still there", async () => {
  const { value } = await measure(analysis, { path, query: "SELECT count(*) FROM orders" });
  assert.equal(value, 3);
});

test("a file that is not there is not made", async () => {
  const gone = join(folder, "gone.db");
  await assert.rejects(measure(analysis, { path: gone, query: "SELECT 1" }), {
    message: /gone\.db/,
  });
});

test("a config has an absolute path", () => {
  assert.equal(configFault(analysis, { path: "/var/lib/shop.db", query: "SELECT 1" }), undefined);
  assert.match(configFault(analysis, { path: "shop.db", query: "SELECT 1" }) ?? "", /absolute/);
});
