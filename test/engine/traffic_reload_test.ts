/** What a runner had asked of a balancer when its commit failed, and another took its place. @module */
import assert from "node:assert/strict";
import { balancedTest, carryOut } from "./balanced_fleet.ts";

const FULL = new Error("database or disk is full");

balancedTest("a call of a runner that is broken is given up when another takes its place", {
  hosts: 1,
  deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
}, async (fleet, balancer) => {
  const signals: AbortSignal[] = [];
  balancer.plugin.block = ({ ctx: { signal } }) => {
    signals.push(signal);
    return new Promise(() => {});
  };
  const id = await fleet.deploy("v1.zip");
  await carryOut(fleet, "web-1");
  await fleet.settled();
  let refusals = 1;
  fleet.refuseCommit = () => refusals-- > 0 ? FULL : undefined;
  await assert.rejects(fleet.engine.stopDeployment(id, false), FULL);
  fleet.engine.tick();
  await fleet.settled();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, false]);
});
