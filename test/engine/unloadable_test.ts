/** Deployments that cannot be loaded, or not be gone on with: the server and the others go on. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { z } from "../../core/plugin/contract.ts";
import type { Progress } from "../../core/domain/progress.ts";
import { deployments } from "../../core/store/schema.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

const NOWHERE: Progress = { stage: 9, passed: [] };

function setProgress({ store }: Fleet, id: string, progress: Progress | null) {
  return store.commit((tx) =>
    tx.update(deployments).set({ progress }).where(eq(deployments.id, id)).run()
  );
}

fleetTest("a deployment that cannot be gone on with ends no server, and goes on once it can", {
  hosts: 1,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await setProgress(fleet, id, NOWHERE);
  fleet.restart();
  fleet.engine.tick();
  await fleet.settled();
  assert.match(fleet.reported.join("\n"), /RangeError: there is no stage 9/);
  await setProgress(fleet, id, null);
  fleet.restart();
  await fleet.finish(order);
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

fleetTest("a deployment that cannot be loaded at the start is loaded later", {
  hosts: 1,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  let faults = 1;
  const { config } = minimumHealthyHosts;
  const failing = z.preprocess((value) => {
    if (faults-- > 0) throw new Error("no memory");
    return value;
  }, config);
  // because a schema that is read through another gives what that gives
  const strategy = { ...minimumHealthyHosts, config: failing as unknown as typeof config };
  fleet.plugins = [strategy, onPremises];
  fleet.restart();
  assert.deepEqual(fleet.reported, [`loading deployment ${id}: Error: no memory`]);
  fleet.now += 10_000;
  fleet.engine.tick();
  await fleet.finish(order);
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});
