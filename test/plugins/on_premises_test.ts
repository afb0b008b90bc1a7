import assert from "node:assert/strict";
import { test } from "node:test";
import type { TagFilter } from "../../core/domain/tag.ts";
import onPremises from "../../plugins/targets/on_premises.ts";

/** `role=web` (key and value), `role` (key only), `=web` (value only). */
function filter(text: string): TagFilter {
  const [Key = "", Value] = text.split("=");
  if (Value === undefined) return { Key, Type: "KEY_ONLY" };
  return Key === "" ? { Value, Type: "VALUE_ONLY" } : { Key, Value, Type: "KEY_AND_VALUE" };
}

const HOSTS = [
  { name: "a", tags: [{ Key: "role", Value: "web" }, { Key: "zone", Value: "1" }] },
  { name: "b", tags: [{ Key: "role", Value: "web" }, { Key: "zone", Value: "2" }] },
  { name: "c", tags: [{ Key: "role", Value: "db" }, { Key: "zone", Value: "1" }] },
  { name: "d", tags: [{ Key: "rack", Value: "web" }] },
  { name: "e", tags: [] },
];

/** Filters are parted by commas, lists of a tag set by `/`. */
const table: [what: string, filters: string, set: string, chosen: string][] = [
  ["no filter takes nobody", "", "", ""],
  ["key and value", "role=web", "", "a b"],
  ["the value's case counts", "role=Web", "", ""],
  ["key only", "role", "", "a b c"],
  ["value only", "=web", "", "a b d"],
  ["one of the filters is enough", "role=db,rack", "", "c d"],
  ["a tag set: one filter of every list", "", "role=web,role=db/zone=1", "a c"],
  ["a tag set of one list", "", "role=db,rack", "c d"],
  ["a tag set with a list nobody matches", "", "role=web/zone=9", ""],
  ["a filter and a value split over two tags do not match", "zone=web", "", ""],
];
for (const [what, filters, set, chosen] of table) {
  test(`a group's hosts: ${what}`, () => {
    const list = (text: string) => text.split(",").filter(Boolean).map(filter);
    const group = {
      onPremisesInstanceTagFilters: list(filters),
      onPremisesTagSet: set.split("/").filter(Boolean).map(list),
    };
    assert.equal(onPremises.discover({ group, hosts: HOSTS }).join(" "), chosen);
  });
}
