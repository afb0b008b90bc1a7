/** Locks and freeze windows: what they keep from beginning, and when it begins then. @module */
import assert from "node:assert/strict";
import type { FreezeWindow } from "../../core/domain/deployment_schedule.ts";
import { listAudit } from "../../core/store/audit.ts";
import { putFreezeWindow, removeFreezeWindow } from "../../core/store/freeze_windows.ts";
import { putGroupPolicy } from "../../core/store/group_policies.ts";
import { putLock, removeLock } from "../../core/store/locks.ts";
import { deployments } from "../../core/store/schema.ts";
import { type Fleet, fleetTest, GROUP_ID, refused } from "./fleet.ts";

const HOUR = 3_600_000;
const GROUP = { id: GROUP_ID, subject: "shop/prod" };
const ADA = "arn:aws:iam::000000000000:user/ada";
/** The fleet's clock begins at midnight of 25 November 2026, UTC. */
const MIDNIGHT: Omit<FreezeWindow, "subject"> = {
  name: "midnight",
  cron: "0 0 * * *",
  timeZone: "UTC",
  durationMinutes: 60,
};

const lock = (fleet: Fleet) =>
  fleet.store.commit((tx) => putLock(tx, GROUP, { message: "a fire", by: ADA, time: fleet.now }));
const freeze = (fleet: Fleet, change: Partial<FreezeWindow> = {}) =>
  fleet.store.commit((tx) => putFreezeWindow(tx, { ...MIDNIGHT, ...change }, undefined));
const queueing = (fleet: Fleet) =>
  fleet.store.commit((tx) => putGroupPolicy(tx, GROUP_ID, { onBusy: "queue" }));
const count = (fleet: Fleet) => fleet.store.read.select().from(deployments).all().length;

fleetTest("a locked group is refused: by whom, since when, why, and how to unlock it", {
  hosts: 1,
}, async (fleet) => {
  await lock(fleet);
  await assert.rejects(
    fleet.deploy("v1.zip"),
    refused(
      "DeploymentLimitExceededException",
      `shop/prod is locked by ${ADA} since 2026-11-25 00:00 UTC: a fire. ` +
        "Unlock it: runtime unlock --app shop --group prod",
    ),
  );
  assert.equal(count(fleet), 0);
  await fleet.store.commit((tx) => removeLock(tx, GROUP));
  await fleet.succeed("v1.zip", "web-1");
});

fleetTest("what waits does not begin under a lock, and does when it is gone", {
  hosts: 1,
}, async (fleet) => {
  await queueing(fleet);
  const first = await fleet.deploy("v1.zip");
  const second = await fleet.deploy("v2.zip");
  await lock(fleet);
  await fleet.run("web-1");
  await fleet.ended(first);
  await fleet.settled();
  assert.equal(fleet.engine.deployment(second).status, "Queued");
  await fleet.store.commit((tx) => removeLock(tx, GROUP));
  await fleet.engine.lookAtCalendar();
  await fleet.run("web-1");
  assert.equal((await fleet.ended(second)).status, "Succeeded");
});

fleetTest("a rollback that the server makes asks neither lock nor window", {
  hosts: 1,
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
}, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  const failing = await fleet.deploy("v2.zip");
  await lock(fleet);
  await freeze(fleet);
  await fleet.run("web-1", "SSSF");
  const { rollback } = await fleet.ended(failing);
  await fleet.run("web-1");
  assert.equal((await fleet.ended(rollback.rollbackDeploymentId ?? "")).status, "Succeeded");
});

fleetTest("in a freeze window a request is refused until its end, in its zone and in UTC", {
  hosts: 1,
}, async (fleet) => {
  await freeze(fleet, { cron: "0 1 * * *", timeZone: "Europe/Berlin" });
  const frozen = "The freeze window midnight of every application is open until " +
    "2026-11-25 02:00 Europe/Berlin (2026-11-25 01:00 UTC). Begin in spite of it: " +
    "--override-freeze REASON with runtime deploy, rollback or restart";
  await assert.rejects(fleet.deploy("v1.zip"), refused("DeploymentLimitExceededException", frozen));
  assert.equal(count(fleet), 0);
  fleet.now += HOUR;
  await fleet.succeed("v1.zip", "web-1");
});

fleetTest("an override goes through the freeze, is kept with the request and on record", {
  hosts: 1,
}, async (fleet) => {
  await freeze(fleet);
  const overrideFreeze = { reason: "a leak", by: ADA };
  const id = await fleet.deploy("v1.zip", { overrideFreeze });
  await fleet.run("web-1");
  const { status, request } = await fleet.ended(id);
  assert.equal(status, "Succeeded");
  assert.deepEqual(request.overrideFreeze, overrideFreeze);
  const [entry] = listAudit(fleet.store.read, { subject: id }, 10);
  assert.equal(
    `${entry?.who} ${entry?.action}: ${entry?.reason}`,
    `${ADA} freeze overridden: a leak`,
  );
});

fleetTest("where the group lets requests wait, they begin when the freeze ends", {
  hosts: 1,
}, async (fleet) => {
  await freeze(fleet);
  await queueing(fleet);
  const id = await fleet.deploy("v1.zip");
  await fleet.engine.lookAtCalendar();
  const { status, statusMessages } = fleet.engine.deployment(id);
  assert.equal(status, "Queued");
  assert.deepEqual(statusMessages, [
    "The freeze window midnight of every application is open until 2026-11-25 01:00 UTC.",
  ]);
  fleet.now = Date.UTC(2026, 10, 25, 1);
  await fleet.engine.lookAtCalendar();
  await fleet.run("web-1");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

fleetTest("an override does not wait behind those that do", { hosts: 1 }, async (fleet) => {
  await freeze(fleet);
  await queueing(fleet);
  const waiting = await fleet.deploy("v1.zip");
  const urgent = await fleet.deploy("v2.zip", { overrideFreeze: { reason: "a leak", by: ADA } });
  await fleet.run("web-1");
  assert.equal((await fleet.ended(urgent)).status, "Succeeded");
  assert.equal(fleet.engine.deployment(waiting).status, "Queued");
  await fleet.store.commit((tx) => removeFreezeWindow(tx, "midnight"));
  await fleet.engine.lookAtCalendar();
  await fleet.run("web-1");
  assert.equal((await fleet.ended(waiting)).status, "Succeeded");
});

fleetTest("a turn that comes inside a freeze waits for its end", { hosts: 1 }, async (fleet) => {
  await queueing(fleet);
  const first = await fleet.deploy("v1.zip");
  const second = await fleet.deploy("v2.zip");
  await freeze(fleet);
  await fleet.run("web-1");
  await fleet.ended(first);
  await fleet.engine.lookAtCalendar();
  assert.equal(fleet.engine.deployment(second).status, "Queued");
  fleet.now = Date.UTC(2026, 10, 25, 1);
  fleet.restart();
  await fleet.run("web-1");
  assert.equal((await fleet.ended(second)).status, "Succeeded");
});

fleetTest("a window that never closes says so", { hosts: 1 }, async (fleet) => {
  await freeze(fleet, { cron: "0 * * * *" });
  await assert.rejects(
    fleet.deploy("v1.zip"),
    refused("DeploymentLimitExceededException", /is open and does not end by itself/),
  );
});

fleetTest(
  "a later start in a freeze is refused when it is asked for",
  { hosts: 1 },
  async (fleet) => {
    await freeze(fleet);
    const startAt = Date.UTC(2026, 10, 26, 0, 30);
    await assert.rejects(
      fleet.deploy("v1.zip", { startAt }),
      refused("DeploymentLimitExceededException", /until 2026-11-26 01:00 UTC/),
    );
    assert.equal(count(fleet), 0);
  },
);
