/** One deployment has one owner; a former owner's late write is refused (law 4). @module */
import assert from "node:assert/strict";
import { LEASE_TIME } from "../../core/engine/ownership.ts";
import { leaseOf } from "../../core/store/leases.ts";
import { Fleet, fleetTest, refused } from "./fleet.ts";

/** A second server over the same store; both know of each other. */
function beside(fleet: Fleet): Fleet {
  fleet.isSoleServer = false;
  fleet.restart();
  const other = new Fleet(fleet.store);
  other.isSoleServer = false;
  other.now = fleet.now;
  other.restart();
  return other;
}

fleetTest(
  "a deployment belongs to the server that began it, until that is silent",
  { hosts: 2 },
  async (
    fleet,
  ) => {
    const other = beside(fleet);
    try {
      const id = await fleet.deploy("v1.zip");
      const order = await fleet.take("web-1");
      const first = leaseOf(fleet.store.read, id);
      other.now = fleet.now;
      other.restart();
      assert.deepEqual(
        await other.look("web-1"),
        { cancel: [] },
        "it gives no orders of another's",
      );
      other.now += LEASE_TIME + 1_000;
      other.engine.tick();
      await other.settled();
      const second = leaseOf(fleet.store.read, id);
      assert.equal(second?.fence, (first?.fence ?? 0) + 1);
      assert.notEqual(second?.owner, first?.owner);
      // The host tells both: the former owner may not write it down, the new one does.
      await assert.rejects(fleet.finish(order), { name: "LeaseLost" });
      await other.finish(order);
      await other.run("web-2");
      assert.equal((await other.ended(id)).status, "Succeeded");
      assert.equal(other.show(id), "SS Succeeded");
      assert.equal(leaseOf(fleet.store.read, id), undefined);
    } finally {
      other.engine.close();
    }
  },
);

fleetTest(
  "an owner that has nothing to write says that it is there",
  { hosts: 1 },
  async (fleet) => {
    const other = beside(fleet);
    try {
      const id = await fleet.deploy("v1.zip");
      await fleet.take("web-1");
      for (let seconds = 0; seconds < 120; seconds += 10) {
        fleet.now += 10_000;
        other.now = fleet.now;
        fleet.engine.tick();
        await fleet.settled();
        other.engine.tick();
        await other.settled();
      }
      assert.equal(leaseOf(fleet.store.read, id)?.fence, 1);
    } finally {
      other.engine.close();
    }
  },
);

fleetTest("who asks the wrong server is not told that it was done", { hosts: 1 }, async (fleet) => {
  const other = beside(fleet);
  try {
    const id = await fleet.deploy("v1.zip");
    await fleet.take("web-1");
    other.restart();
    const elsewhere = refused("ServiceUnavailableException", /^Another server runs the deployment/);
    await assert.rejects(other.engine.intervene(id, { kind: "pause" }, "ann"), elsewhere);
    await assert.rejects(other.engine.stopDeployment(id, false), elsewhere);
  } finally {
    other.engine.close();
  }
});

fleetTest("who is alone takes over at once, and goes on where the other was", { hosts: 2 }, async (
  fleet,
) => {
  const id = await fleet.deploy("v1.zip");
  await fleet.run("web-1");
  await fleet.settled();
  fleet.restart();
  await fleet.run("web-2");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});
