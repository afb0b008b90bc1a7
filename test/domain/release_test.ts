/** What keeps deployments from being one release. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { entryFaults } from "../../core/domain/release.ts";

/** `api<db,cache` is an entry of that name, of a group of its own; `api@shop/prod` names the group. */
function entries(text: string) {
  return text.split(" ").map((word) => {
    const [left = "", needs = ""] = word.split("<");
    const [name = "", group = `${name}/prod`] = left.split("@");
    const [applicationName = "", deploymentGroupName = ""] = group.split("/");
    const needed = needs === "" ? [] : needs.split(",");
    return { name, applicationName, deploymentGroupName, needs: needed };
  });
}

const table: [rule: string, text: string, faults: string[]][] = [
  ["a chain", "db api<db web<api", []],
  ["a need that comes later in the file", "web<api api", []],
  ["the same need by two ways", "a b<a c<a,b", []],
  [
    "an unknown name",
    "db api<dbx",
    ["api needs[0]: there is no deployment dbx in this release; there are db, api"],
  ],
  ["itself", "a<a", ["a needs[0]: a deployment cannot wait for itself: a → a"]],
  ["two in a circle", "a<b b<a", ["b needs[0]: a deployment cannot wait for itself: a → b → a"]],
  [
    "a circle that others lead to",
    "x<b a<c b<a c<b",
    ["c needs[0]: a deployment cannot wait for itself: b → a → c → b"],
  ],
  ["one group twice", "a@shop/prod b@shop/prod", ["b group: a deploys to shop/prod already"]],
  ["one name twice", "a@shop/x a@shop/y", ["a name: a appears twice"]],
];
for (const [rule, text, faults] of table) {
  test(`entryFaults: ${rule}`, () => {
    const given = entries(text);
    const said = entryFaults(given).map(({ entry, member, at, message }) =>
      `${given[entry]?.name} ${member}${at === undefined ? "" : `[${at}]`}: ${message}`
    );
    assert.deepEqual(said, faults);
  });
}

test("entryFaults: a circle is found exactly when the entries cannot be put in order", () => {
  const needs = fc.array(fc.array(fc.nat({ max: 5 }), { maxLength: 3 }), {
    minLength: 6,
    maxLength: 6,
  });
  fc.assert(fc.property(needs, (wanted) => {
    const given = wanted.map((list, at) => ({
      name: `e${at}`,
      applicationName: `e${at}`,
      deploymentGroupName: "prod",
      needs: list.map((one) => `e${one}`),
    }));
    // The slow way: take out whoever needs nobody that is left.
    let left = given;
    for (const _ of given) {
      const names = new Set(left.map(({ name }) => name));
      left = left.filter(({ needs }) => needs.some((one) => names.has(one)));
    }
    assert.equal(entryFaults(given).length > 0, left.length > 0);
  }));
});
