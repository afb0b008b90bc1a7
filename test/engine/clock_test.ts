/** The two clocks of a host (trap 46), by moving the server's time. @module */
import assert from "node:assert/strict";
import { AGENT_SILENT_MESSAGE } from "../../core/domain/lifecycle_event.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

const MINUTE = 60_000;

async function after(fleet: Fleet, ms: number): Promise<void> {
  fleet.now += ms;
  fleet.engine.tick();
  await fleet.settled();
}

fleetTest(
  "trap 46: a host that does not take its order fails after five minutes",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.poll("web-1");
    await after(fleet, 5 * MINUTE - 1);
    assert.equal(fleet.show(id), "RP InProgress");
    await after(fleet, 1);
    const { error } = await fleet.ended(id);
    assert.equal(fleet.show(id), "FK Failed AGENT_ISSUE");
    assert.match(
      error?.message ?? "",
      /web-1 failed ApplicationStop \(CodeDeploy agent was not able/,
    );
    const [stop] = fleet.targets(id)[0]?.events ?? [];
    assert.equal(stop?.diagnostics?.message, AGENT_SILENT_MESSAGE);
    assert.deepEqual(await fleet.look("web-1"), { cancel: [] }, "its order is taken off the desk");
  },
);

fleetTest(
  "trap 46: an event has an hour, and five minutes pass between two",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await after(fleet, 4 * MINUTE);
    await fleet.progress(order, "R");
    await after(fleet, 59 * MINUTE);
    assert.equal(fleet.show(id), "RP InProgress");
    await fleet.progress(order, "S");
    await after(fleet, 4 * MINUTE);
    await fleet.progress(order, "SR");
    await after(fleet, 60 * MINUTE - 1);
    assert.equal(fleet.show(id), "RP InProgress");
    await after(fleet, 1);
    await fleet.ended(id);
    assert.equal(fleet.show(id), "FK Failed HEALTH_CONSTRAINTS");
    const event = fleet.targets(id)[0]?.events[1];
    assert.match(
      event?.diagnostics?.message ?? "",
      /DownloadBundle did not end within 3600 seconds/,
    );
  },
);

fleetTest("log lines alone do not stop the clock of an event", { hosts: 1 }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.progress(order, "R");
  await after(fleet, 59 * MINUTE);
  const line = { event: "ApplicationStop", stream: "stdout", at: fleet.now, text: "…" } as const;
  await fleet.progress(order, "R", [line]);
  await after(fleet, MINUTE);
  assert.equal(fleet.show(id), "F Failed HEALTH_CONSTRAINTS");
});

fleetTest("a host that comes back too late changes nothing", {
  hosts: 2,
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const late = await fleet.take("web-1");
  await after(fleet, 4 * MINUTE);
  const other = await fleet.take("web-2");
  await after(fleet, MINUTE);
  assert.equal(fleet.show(id), "FR InProgress");
  assert.equal(await fleet.finish(late), "Failed");
  await fleet.finish(other);
  await fleet.ended(id);
  assert.equal(fleet.show(id), "FS Succeeded");
});

fleetTest(
  "a host whose last report was lost, with all events told, has succeeded",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.progress(order, "SSSSSSS");
    await after(fleet, 5 * MINUTE);
    assert.equal(fleet.show(id), "SR InProgress");
    await fleet.run("web-2");
    assert.equal((await fleet.ended(id)).status, "Succeeded");
  },
);

fleetTest("a restart does not wind the clocks back", { hosts: 1 }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  await fleet.take("web-1");
  await after(fleet, 4 * MINUTE);
  fleet.restart();
  await after(fleet, MINUTE);
  await fleet.ended(id);
  assert.equal(fleet.show(id), "F Failed AGENT_ISSUE");
});

fleetTest(
  "a host that is not known any more gets no order and fails by the clock",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.forget("web-2");
    await fleet.finish(order);
    assert.equal(fleet.show(id), "SR InProgress");
    assert.deepEqual(await fleet.look("web-2"), { cancel: [] });
    await after(fleet, 5 * MINUTE);
    await fleet.ended(id);
    assert.equal(fleet.show(id), "SF Succeeded", "one at a time: the last host may fail");
  },
);

fleetTest(
  "an order that its host holds and has not begun waits for its turn, for hours if need be",
  { hosts: 1 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    const polling = fleet.poll("web-1", order.commandId);
    for (let minute = 0; minute < 180; minute++) await after(fleet, MINUTE);
    assert.equal(fleet.show(id), "R InProgress");
    await fleet.finish(order);
    assert.equal(fleet.show(id), "S Succeeded");
    fleet.engine.close();
    await polling;
  },
);

fleetTest(
  "a host that waits for its turn and is heard of no more fails after five minutes",
  { hosts: 1 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    const gone = new AbortController();
    const polling = fleet.engine.hosts.poll({
      host: "web-1",
      running: new Set([order.commandId]),
      waitMs: 10 * MINUTE,
      signal: gone.signal,
    });
    for (let minute = 0; minute < 30; minute++) await after(fleet, MINUTE);
    assert.equal(fleet.show(id), "R InProgress");
    gone.abort();
    await polling;
    await after(fleet, 5 * MINUTE);
    await fleet.ended(id);
    assert.equal(fleet.show(id), "F Failed AGENT_ISSUE");
  },
);
