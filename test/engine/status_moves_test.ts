/** The status of a deployment, move by move (spec 2.1), as the store sees it. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TERMINAL_DEPLOYMENT } from "../../core/domain/deployment.ts";
import { alarmedTest } from "./alarmed_fleet.ts";
import { carryOut } from "./balanced_fleet.ts";
import { allow, ASK, block, blueGreenTest, GREEN, install, TERMINATE } from "./blue_green_fleet.ts";
import { type Fleet, fleetTest } from "./fleet.ts";
import { movesOf, recordMoves } from "./moves.ts";

const MINUTE = 60_000;

type Play = (fleet: Fleet) => Promise<string>;
type Row = [row: string, moves: string, play: Play];

async function queued(fleet: Fleet): Promise<[first: string, second: string]> {
  fleet.busyGroup = "queue";
  fleet.restart();
  return [await fleet.deploy("v1.zip"), await fleet.deploy("v2.zip")];
}

/** Its hosts wait for their traffic, and it for somebody. */
async function ready(fleet: Fleet): Promise<string> {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await fleet.settled();
  return id;
}

async function tick(fleet: Fleet, ms: number): Promise<void> {
  fleet.now += ms;
  fleet.engine.tick();
  await fleet.settled();
}

const ROWS: readonly Row[] = [
  ["– to Created: accepted", "Created", async (fleet) => {
    let commits = 1;
    fleet.refuseCommit = () => commits-- > 0 ? undefined : new Error("the process is gone");
    const id = await fleet.deploy("v1.zip");
    await fleet.settled();
    fleet.refuseCommit = () => undefined;
    const { createTime, startTime, completeTime } = fleet.engine.deployment(id);
    assert.deepEqual([createTime, startTime, completeTime], [fleet.now, undefined, undefined]);
    return id;
  }],
  ["Created to Queued: it waits for another of its group", "Queued", async (fleet) => {
    const [, second] = await queued(fleet);
    assert.equal(fleet.engine.deployment(second).startTime, undefined);
    return second;
  }],
  [
    "Created to InProgress: targets resolved, startTime set",
    "Created InProgress",
    async (fleet) => {
      const id = await fleet.deploy("v1.zip");
      await fleet.settled();
      assert.equal(fleet.engine.deployment(id).startTime, fleet.now);
      assert.deepEqual(fleet.targets(id).map((target) => target.id), ["web-1", "web-2"]);
      return id;
    },
  ],
  ["Queued to InProgress: its turn has come", "Queued Created InProgress", async (fleet) => {
    const [first, second] = await queued(fleet);
    for (const host of ["web-1", "web-2"]) await fleet.run(host);
    await fleet.ended(first);
    await fleet.settled();
    return second;
  }],
  ["Queued to Failed: its hosts are gone meanwhile", "Queued Created Failed+", async (fleet) => {
    const [first, second] = await queued(fleet);
    await fleet.run("web-1");
    const order = await fleet.take("web-2");
    await fleet.forget("web-1");
    await fleet.forget("web-2");
    await fleet.finish(order);
    await fleet.ended(first);
    await fleet.ended(second);
    return second;
  }],
  ["Created to Failed: no host", "Created Failed+", async (fleet) => {
    await fleet.tag("role", "db", "web-1", "web-2");
    const id = await fleet.deploy("v1.zip");
    await fleet.ended(id);
    return id;
  }],
  ["Queued to Stopped: by request", "Queued Stopped+", async (fleet) => {
    const [, second] = await queued(fleet);
    await fleet.engine.stopDeployment(second, false);
    return second;
  }],
  ["InProgress to Succeeded", "Created InProgress Succeeded+", async (fleet) => {
    return await fleet.succeed("v1.zip", "web-1", "web-2");
  }],
  ["InProgress to Failed", "Created InProgress Failed+", async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.run("web-1", "SSF");
    await fleet.ended(id);
    return id;
  }],
  ["InProgress to Stopped: by request", "Created InProgress Stopped+", async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.engine.stopDeployment(id, false);
    assert.equal(movesOf(fleet, id), "Created InProgress", "a host is at an event still");
    await fleet.finish(order, "SF");
    await fleet.ended(id);
    return id;
  }],
  [
    "InProgress to Baking and back: a window to watch",
    "Created InProgress Baking InProgress Succeeded+",
    async (fleet) => {
      await fleet.useStrategy("canary", { steps: [{ hosts: 1 }, { bake: "5m" }] });
      fleet.restart();
      const id = await fleet.deploy("v1.zip", { deploymentConfigName: "mine" });
      await fleet.run("web-1");
      await tick(fleet, 5 * MINUTE - 1);
      assert.equal(fleet.show(id), "SP Baking");
      await tick(fleet, 1);
      await fleet.run("web-2");
      await fleet.ended(id);
      return id;
    },
  ],
];
for (const [row, moves, play] of ROWS) {
  fleetTest(`spec 2.1 ${row}`, { hosts: 2 }, async (fleet) => {
    await recordMoves(fleet);
    assert.equal(movesOf(fleet, await play(fleet)), moves);
  });
}

alarmedTest("spec 2.1 Created to Stopped: an alarm is active already", {
  hosts: 2,
}, async (fleet, alarm) => {
  await recordMoves(fleet);
  alarm.state = "ALARM";
  const id = await fleet.deploy("v1.zip");
  await fleet.ended(id);
  assert.equal(fleet.show(id), "KK Stopped ALARM_ACTIVE");
  assert.equal(movesOf(fleet, id), "Created InProgress Stopped+");
  assert.deepEqual(await fleet.look("web-1"), { cancel: [] }, "no host heard of it");
});

const BLUE_GREEN_ROWS: readonly Row[] = [
  ["InProgress to Ready: green is installed", "Created InProgress Ready", ready],
  [
    "Ready to InProgress: ContinueDeployment",
    "Created InProgress Ready InProgress",
    async (fleet) => {
      const id = await ready(fleet);
      await fleet.engine.continueDeployment(id, "READY_WAIT", "InvalidDeploymentStatusException");
      return id;
    },
  ],
  ["Ready to Stopped: nobody continued it", "Created InProgress Ready Stopped+", async (fleet) => {
    const id = await ready(fleet);
    await tick(fleet, 30 * MINUTE);
    await fleet.ended(id);
    return id;
  }],
  ["Ready to Stopped: by request", "Created InProgress Ready Stopped+", async (fleet) => {
    const id = await ready(fleet);
    assert.equal((await fleet.engine.stopDeployment(id, false)).status, "Succeeded");
    return id;
  }],
];
for (const [row, moves, play] of BLUE_GREEN_ROWS) {
  blueGreenTest(`spec 2.1 ${row}`, ASK, async (fleet) => {
    await recordMoves(fleet);
    assert.equal(movesOf(fleet, await play(fleet)), moves);
  });
}

blueGreenTest("spec 2.1 InProgress until blue has ended, trap 28", TERMINATE, async (fleet) => {
  await recordMoves(fleet);
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await allow(fleet);
  await block(fleet);
  await tick(fleet, 60 * MINUTE - 1);
  assert.equal(movesOf(fleet, id), "Created InProgress");
  await tick(fleet, 1);
  for (const host of ["web-1", "web-2"]) await carryOut(fleet, host);
  await fleet.ended(id);
  assert.equal(movesOf(fleet, id), "Created InProgress Succeeded+");
});

/** Ends a deployment of two hosts in each terminal status. */
const ENDS: Record<"Succeeded" | "Failed" | "Stopped", Play> = {
  Succeeded: (fleet) => fleet.succeed("v1.zip", "web-1", "web-2"),
  async Failed(fleet) {
    const id = await fleet.deploy("v1.zip");
    await fleet.run("web-1", "F");
    await fleet.ended(id);
    return id;
  },
  async Stopped(fleet) {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.engine.stopDeployment(id, false);
    await fleet.finish(order, "F");
    await fleet.ended(id);
    return id;
  },
};
test("spec 2.1 terminal: these three statuses are", () => {
  assert.deepEqual([...TERMINAL_DEPLOYMENT].sort(), Object.keys(ENDS).sort());
});
for (const [status, play] of Object.entries(ENDS)) {
  fleetTest(`spec 2.1 terminal: nothing changes what is ${status}`, { hosts: 2 }, async (fleet) => {
    const id = await play(fleet);
    const before = [fleet.engine.deployment(id), fleet.targets(id)];
    const wishes = [
      () => fleet.engine.stopDeployment(id, true),
      () => fleet.engine.continueDeployment(id, "READY_WAIT", "InvalidDeploymentStatusException"),
      () => fleet.engine.intervene(id, { kind: "pause" }, "somebody"),
      () => fleet.engine.intervene(id, { kind: "promote", whole: true }, "somebody"),
    ];
    for (const wish of wishes) await wish().catch(() => undefined);
    for (const host of ["web-1", "web-2"]) {
      const failure = { code: 5, message: "late" };
      const late = { kind: "completed", succeeded: false, events: [], failure } as const;
      await fleet.engine.hosts.report(`${id}/${host}`, late);
    }
    await tick(fleet, 24 * 60 * MINUTE);
    fleet.restart();
    await tick(fleet, 1);
    assert.deepEqual([fleet.engine.deployment(id), fleet.targets(id)], before);
  });
}
