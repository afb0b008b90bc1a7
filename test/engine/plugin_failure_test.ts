/** A plugin that throws fails the deployment it serves, by its name, and never the server. @module */
import assert from "node:assert/strict";
import onPremises from "../../plugins/targets/on_premises.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import { fleetTest } from "./fleet.ts";

fleetTest("a strategy that throws at the start", { hosts: 2 }, async (fleet) => {
  const broken: typeof minimumHealthyHosts = {
    ...minimumHealthyHosts,
    next() {
      throw new Error("no idea");
    },
  };
  fleet.plugins = [broken, onPremises];
  fleet.restart();
  const id = await fleet.deploy("v1.zip");
  const { error } = await fleet.ended(id);
  assert.equal(fleet.show(id), "KK Failed HEALTH_CONSTRAINTS");
  assert.match(error?.message ?? "", /^the strategy minimum-healthy-hosts threw: no idea/);
  assert.deepEqual(fleet.reported, ["asking the strategy minimum-healthy-hosts: Error: no idea"]);
});

fleetTest("a strategy that throws on the way lets running hosts finish", {
  hosts: 3,
  deploymentConfigName: "CodeDeployDefault.HalfAtATime",
}, async (fleet) => {
  const broken: typeof minimumHealthyHosts = {
    ...minimumHealthyHosts,
    next(input) {
      if (input.fleet.succeeded > 0) throw new Error("no idea");
      return { kind: "start", hosts: 2 - input.fleet.running };
    },
  };
  fleet.plugins = [broken, onPremises];
  fleet.restart();
  const id = await fleet.deploy("v1.zip");
  await fleet.run("web-1");
  assert.equal(fleet.show(id), "SRK InProgress HEALTH_CONSTRAINTS");
  await fleet.run("web-2");
  await fleet.ended(id);
  assert.equal(fleet.show(id), "SSK Failed HEALTH_CONSTRAINTS");
});

fleetTest("a target plugin that throws", { hosts: 1 }, async (fleet) => {
  const broken: typeof onPremises = {
    ...onPremises,
    discover() {
      throw new Error("no tags today");
    },
  };
  fleet.plugins = [minimumHealthyHosts, broken];
  fleet.restart();
  const id = await fleet.deploy("v1.zip");
  assert.deepEqual((await fleet.ended(id)).error, {
    code: "INTERNAL_ERROR",
    message: "The target plugin on-premises threw: no tags today",
  });
});
