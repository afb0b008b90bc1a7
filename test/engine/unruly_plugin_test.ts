/** Plugins that answer nonsense, never answer or break on the way: the server goes on. @module */
import assert from "node:assert/strict";
import onPremises from "../../plugins/targets/on_premises.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import { fleetTest } from "./fleet.ts";

const NONSENSE: [what: string, answer: unknown][] = [
  ["nothing", undefined],
  ["a word", "done"],
  ["an unknown step", { kind: "sleep" }],
  ["a bake without a time", { kind: "hold", key: "a", hold: { kind: "bake" } }],
  ["a bake that is no number", { kind: "hold", key: "a", hold: { kind: "bake", ms: NaN } }],
  ["a hold without a key", { kind: "hold", hold: { kind: "pause" } }],
  ["hosts that are no number", { kind: "start", hosts: "2" }],
];
for (const [what, answer] of NONSENSE) {
  fleetTest(`a strategy that answers ${what} fails its deployment`, { hosts: 2 }, async (fleet) => {
    const broken: typeof minimumHealthyHosts = {
      ...minimumHealthyHosts,
      // because a plugin of one's own is checked by nobody before it runs
      next: () => answer as ReturnType<typeof minimumHealthyHosts.next>,
    };
    fleet.plugins = [broken, onPremises];
    fleet.restart();
    const id = await fleet.deploy("v1.zip");
    const { error } = await fleet.ended(id);
    assert.equal(fleet.show(id), "KK Failed HEALTH_CONSTRAINTS");
    assert.match(
      error?.message ?? "",
      /the strategy minimum-healthy-hosts answered .*, which is no/,
    );
  });
}

fleetTest("a strategy that cannot say its zones fails its deployment", {
  hosts: 2,
}, async (fleet) => {
  const broken: typeof minimumHealthyHosts = {
    ...minimumHealthyHosts,
    zoneBy() {
      throw new Error("no zones today");
    },
  };
  fleet.plugins = [broken, onPremises];
  fleet.restart();
  const id = await fleet.deploy("v1.zip");
  assert.deepEqual((await fleet.ended(id)).error, {
    code: "INTERNAL_ERROR",
    message: "The strategy minimum-healthy-hosts threw: no zones today",
  });
});
