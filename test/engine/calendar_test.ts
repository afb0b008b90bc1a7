/** Deployments that start later, and schedules that start them again and again. @module */
import assert from "node:assert/strict";
import type { Schedule } from "../../core/domain/deployment_schedule.ts";
import { revisionIdentity } from "../../core/domain/revision.ts";
import { deployments, revisions } from "../../core/store/schema.ts";
import { findSchedule, putSchedule, removeSchedule } from "../../core/store/schedules.ts";
import { revision } from "../rollout/letters.ts";
import { type Fleet, fleetTest, GROUP_ID, refused } from "./fleet.ts";

const HOUR = 3_600_000;
const NIGHTLY = {
  name: "nightly",
  groupId: GROUP_ID,
  cron: "0 3 * * *",
  timeZone: "UTC",
  createdBy: "arn:aws:iam::000000000000:user/ada",
};

const schedule = (fleet: Fleet, change: Partial<Schedule> = {}) =>
  fleet.store.commit((tx) =>
    putSchedule(tx, { ...NIGHTLY, revision: revision("v1.zip"), createTime: fleet.now, ...change })
  );
/** Time of day of 25 November 2026, or a later day. */
const at = (hour: number, minute = 0, day = 25) => Date.UTC(2026, 10, day, hour, minute);
const made = (fleet: Fleet) => fleet.store.read.select().from(deployments).all();
const nightly = (fleet: Fleet) => findSchedule(fleet.store.read, "nightly");

fleetTest("a deployment that is to start later waits, and begins at its time", {
  hosts: 1,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip", { startAt: at(3) });
  fleet.now = at(2, 59);
  await fleet.engine.lookAtCalendar();
  const { status, statusMessages } = fleet.engine.deployment(id);
  assert.equal(`${status}: ${statusMessages}`, "Queued: Begins at 2026-11-25 03:00 UTC.");
  // Its group is free until then.
  await fleet.succeed("v2.zip", "web-1");
  fleet.now = at(3);
  await fleet.engine.lookAtCalendar();
  await fleet.run("web-1");
  const ended = await fleet.ended(id);
  assert.equal(`${ended.status}: ${ended.statusMessages}`, "Succeeded: ");
  assert.deepEqual(ended.request.previousRevision, revision("v2.zip"));
});

fleetTest("the timer wakes it without anybody asking, after a restart as well", {
  hosts: 1,
}, async (fleet) => {
  const first = await fleet.deploy("v1.zip", { startAt: fleet.now + 1_200 });
  fleet.now += 1_180;
  fleet.restart();
  const begin = setInterval(() => fleet.now += 10, 10);
  try {
    await fleet.run("web-1");
    assert.equal((await fleet.ended(first)).status, "Succeeded");
  } finally {
    clearInterval(begin);
  }
});

fleetTest("a time that has come while the group is busy waits for its turn", {
  hosts: 1,
}, async (fleet) => {
  const later = await fleet.deploy("v2.zip", { startAt: at(3) });
  fleet.now = at(2);
  const now = await fleet.deploy("v1.zip");
  fleet.now = at(3);
  await fleet.engine.lookAtCalendar();
  assert.equal(fleet.engine.deployment(later).status, "Queued");
  await fleet.run("web-1");
  await fleet.ended(now);
  await fleet.run("web-1");
  assert.equal((await fleet.ended(later)).status, "Succeeded");
});

const bad: [rule: string, startAt: number, message: RegExp][] = [
  ["in the past", at(0) - 1, /^startAt: 2026-11-24 23:59:59 UTC is in the past; it is 2026-11-25/],
  ["more than a year ahead", at(0) + 367 * 24 * HOUR, /^startAt: .* more than a year ahead/],
];
for (const [rule, startAt, message] of bad) {
  fleetTest(`a start ${rule} is refused`, { hosts: 1 }, async (fleet) => {
    await assert.rejects(
      fleet.deploy("v1.zip", { startAt }),
      refused("InvalidInputException", message),
    );
    assert.equal(made(fleet).length, 0);
  });
}

fleetTest(
  "a restart of the application starts at once or not at all",
  { hosts: 1 },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1");
    await assert.rejects(
      fleet.deploy("", { revision: "restart", startAt: at(3) }),
      refused("InvalidInputException", /^startAt: a RESTART/),
    );
  },
);

fleetTest("a schedule deploys at each of its times, once, across restarts", {
  hosts: 1,
}, async (fleet) => {
  await schedule(fleet);
  for (const day of [25, 26]) {
    fleet.now = at(2, 59, day);
    await fleet.engine.lookAtCalendar();
    assert.equal(made(fleet).length, day - 25);
    fleet.now = at(3, 0, day);
    await fleet.engine.lookAtCalendar();
    await fleet.settled();
    fleet.restart();
    await fleet.engine.lookAtCalendar();
    const { lastOutcome, lastDue } = nightly(fleet) ?? {};
    assert.equal(lastOutcome?.kind, "deployed");
    assert.equal(lastDue, fleet.now);
    await fleet.run("web-1");
    const id = lastOutcome?.kind === "deployed" ? lastOutcome.deploymentId : "";
    const { status, request } = await fleet.ended(id);
    assert.equal(`${status}: ${request.description}`, "Succeeded: Schedule nightly");
  }
  assert.equal(made(fleet).length, 2);
  assert.deepEqual(fleet.reported, []);
});

fleetTest("a time that was missed by less than an hour runs when the server is back", {
  hosts: 1,
}, async (fleet) => {
  await schedule(fleet);
  fleet.engine.close();
  fleet.now = at(3, 59, 27);
  fleet.restart();
  await fleet.engine.lookAtCalendar();
  assert.equal(made(fleet).length, 1);
});

fleetTest(
  "an older one is skipped and said, and the next one runs",
  { hosts: 1 },
  async (fleet) => {
    await schedule(fleet);
    fleet.engine.close();
    fleet.now = at(4, 1);
    fleet.restart();
    await fleet.engine.lookAtCalendar();
    assert.equal(made(fleet).length, 0);
    assert.deepEqual(nightly(fleet)?.lastOutcome, { kind: "missed" });
    assert.deepEqual(fleet.reported, [
      "running the schedule nightly: Error: 2026-11-25 03:00 UTC was skipped: it was missed by more " +
      "than an hour, as the server did not run",
    ]);
    fleet.now = at(3, 0, 26);
    await fleet.engine.lookAtCalendar();
    assert.equal(made(fleet).length, 1);
  },
);

fleetTest("a refusal is kept with the schedule and said", { hosts: 1 }, async (fleet) => {
  await schedule(fleet);
  const active = await fleet.deploy("v0.zip");
  fleet.now = at(3);
  await fleet.engine.lookAtCalendar();
  const busy = `The Deployment Group 'prod' already has an active Deployment '${active}'`;
  assert.deepEqual(nightly(fleet)?.lastOutcome, { kind: "refused", message: busy });
  assert.match(fleet.reported.join(), /2026-11-25 03:00 UTC was skipped: The Deployment Group/);
  assert.equal(made(fleet).length, 1);
});

fleetTest("without a revision of its own it takes the one that was registered last", {
  hosts: 1,
}, async (fleet) => {
  await fleet.store.commit((tx) => putSchedule(tx, { ...NIGHTLY, createTime: fleet.now }));
  fleet.now = at(3);
  await fleet.engine.lookAtCalendar();
  assert.match(JSON.stringify(nightly(fleet)?.lastOutcome), /has no revision yet/);
  await fleet.store.commit((tx) => {
    for (const [registerTime, key] of [[1, "v1.zip"], [3, "v3.zip"], [2, "v2.zip"]] as const) { // because a pair is no list
      const location = revision(key);
      const identity = revisionIdentity(location);
      tx.insert(revisions).values({ applicationId: "a-1", identity, location, registerTime }).run();
    }
  });
  fleet.now = at(3, 0, 26);
  await fleet.engine.lookAtCalendar();
  assert.deepEqual(made(fleet)[0]?.request.revision, revision("v3.zip"));
});

fleetTest("a schedule that was removed or replaced runs no more as it was", {
  hosts: 1,
}, async (fleet) => {
  await schedule(fleet);
  await schedule(fleet, { cron: "0 5 * * *" });
  fleet.now = at(3);
  await fleet.engine.lookAtCalendar();
  assert.equal(made(fleet).length, 0);
  await fleet.store.commit((tx) => removeSchedule(tx, "nightly"));
  fleet.now = at(5);
  await fleet.engine.lookAtCalendar();
  assert.equal(made(fleet).length, 0);
});

fleetTest("a commit that fails is said, and the time runs when the store is back", {
  hosts: 1,
}, async (fleet) => {
  await schedule(fleet);
  fleet.now = at(3);
  fleet.refuseCommit = () => new Error("disk full");
  await fleet.engine.lookAtCalendar();
  assert.match(fleet.reported.join(), /running the schedule nightly: Error: disk full/);
  fleet.refuseCommit = () => undefined;
  await fleet.engine.lookAtCalendar();
  assert.equal(made(fleet).length, 1);
});

fleetTest("whoever asks for a look while another ends is heard", { hosts: 0 }, async (fleet) => {
  await schedule(fleet);
  // In whichever turn of the event loop it is asked for, one look or the next sees the new time.
  for (let turn = 0; turn < 8; turn++) {
    void fleet.engine.lookAtCalendar();
    for (let passed = 0; passed < turn; passed++) await Promise.resolve();
    fleet.now = at(3, 0, 25) + turn * 24 * HOUR;
    void fleet.engine.lookAtCalendar();
    for (let round = 0; round < 3; round++) await fleet.settled();
    assert.equal(nightly(fleet)?.lastDue, fleet.now, `asked in turn ${turn}`);
  }
});

fleetTest("a schedule that cannot run holds no other one up", { hosts: 0 }, async (fleet) => {
  await schedule(fleet, { name: "a", groupId: "gone" });
  await schedule(fleet);
  const id = await fleet.deploy("v2.zip", { startAt: at(3) });
  fleet.now = at(3);
  await fleet.engine.lookAtCalendar();
  assert.match(
    fleet.reported[0] ?? "",
    /^running the schedule a: Error: .* group gone .* is gone$/,
  );
  assert.equal(nightly(fleet)?.lastOutcome?.kind, "deployed");
  await fleet.ended(id);
});
