import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type HostHealth, orderHosts } from "../../core/rollout/host_order.ts";

/** `web-1=unhealthy web-2=old web-3=current web-4=unknown web-5` (never deployed to). */
function hosts(text: string): { names: string[]; health: Map<string, HostHealth> } {
  const names: string[] = [];
  const health = new Map<string, HostHealth>();
  for (const part of text.split(" ")) {
    const [name = "", known] = part.split("=");
    names.push(name);
    if (known === "unhealthy") health.set(name, { healthy: false });
    if (known === "unknown") health.set(name, { healthy: true });
    if (known === "old") health.set(name, { healthy: true, revision: "v1" });
    if (known === "current") health.set(name, { healthy: true, revision: "v2" });
  }
  return { names, health };
}

const table: [what: string, hosts: string, expected: string][] = [
  ["unhealthy, unknown, old, current", "a=current b=old c=unknown d=unhealthy", "d c b a"],
  ["a host never deployed to is unhealthy", "a=current b=unknown c", "c b a"],
  ["never deployed to and unhealthy are one class", "b=unhealthy a c=unhealthy", "a b c"],
  ["within a class by name", "c=old a=old b=old", "a b c"],
  ["numbers in names count", "web-10 web-9 web-1", "web-1 web-9 web-10"],
  ["the class wins over the name", "web-1=current web-2=old", "web-2 web-1"],
];
for (const [what, text, expected] of table) {
  test(`hosts are taken in the order of rule 2: ${what}`, () => {
    const { names, health } = hosts(text);
    assert.equal(orderHosts(names, health, "v2").join(" "), expected);
  });
}

test("without a target revision of the group no host is current", () => {
  const { names, health } = hosts("b=old a=current");
  assert.deepEqual(orderHosts(names, health, undefined), ["a", "b"]);
});

test("the order holds every host once, whatever order they were found in", () => {
  const known = fc.constantFrom("unhealthy", "unknown", "old", "current", "");
  const fleet = fc.uniqueArray(fc.tuple(fc.nat({ max: 99 }), known), { selector: ([n]) => n });
  fc.assert(fc.property(fleet, (fleet) => {
    const text = (of: typeof fleet) => of.map(([n, known]) => `web-${n}=${known}`).join(" ");
    const { names, health } = hosts(text(fleet));
    const order = orderHosts(names, health, "v2");
    assert.deepEqual(order.toSorted(), names.toSorted());
    assert.deepEqual(orderHosts(names.toReversed(), health, "v2"), order);
  }));
});
