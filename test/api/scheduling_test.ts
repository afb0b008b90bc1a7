/** Policies, locks, freeze windows, schedules and retries as they are asked for over the wire. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { insertTargets } from "../../core/store/targets.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { request, target } from "../rollout/letters.ts";
import { bundle, GROUP, openShop, putDeployment, type Shop } from "./shop.ts";
import type { Answer } from "./test_api.ts";

type Role = "admin" | "deployer" | "viewer";
const DEPLOYER = "arn:aws:iam::000000000000:user/deployer";
const REQUEST = { ...GROUP, revision: bundle("v1.zip") };
const SUBJECT = "shop/prod";
const HOUR = 3_600_000;

function runtime(shop: Shop) {
  return {
    call: (operation: string, input: object, role?: Role): Promise<Answer> =>
      shop.target(RUNTIME_TARGET_PREFIX + operation, input, role),
    refuses: (operation: string, input: object, type: string, message: RegExp) =>
      shop.refusal(
        () => shop.target(RUNTIME_TARGET_PREFIX + operation, input),
        `${type}Exception`,
        message,
      ),
  };
}

const statusOf = async (shop: Shop, deploymentId: string) =>
  (await shop.call("GetDeployment", { deploymentId })).deploymentInfo.status;

/** Who did what about what, newest first. */
async function records(shop: Shop): Promise<string[]> {
  const { records } = await runtime(shop).call("ListAuditRecords", {});
  return records.map((one: Answer) =>
    `${one.who.split("/").at(-1)} ${one.action} ${one.subject}: ${one.reason ?? ""}`
  );
}

/** The engine of these tests takes what it has to report for a failure; a refusal is to be said. */
async function runsRefused({ engine }: Shop): Promise<void> {
  await assert.rejects(engine.lookAtCalendar(), /running the schedule nightly: .* was skipped/);
}

test("a policy is set whole, read back, on record, and goes with its group", async () => {
  await using shop = await openShop(0);
  const { call } = runtime(shop);
  assert.deepEqual(await call("GetGroupPolicy", GROUP, "viewer"), { policy: {} });
  const policy = {
    ...{ onBusy: "supersede", approvers: ["ada"], rollback: { eventTimeoutSeconds: 60 } },
  };
  await call("PutGroupPolicy", { ...GROUP, policy });
  assert.deepEqual(await call("GetGroupPolicy", GROUP), { policy });
  await call("PutGroupPolicy", { ...GROUP, policy: { onBusy: "queue" } });
  assert.deepEqual(await call("GetGroupPolicy", GROUP), { policy: { onBusy: "queue" } });
  assert.equal((await records(shop))[0], `admin policy set ${SUBJECT}: {"onBusy":"queue"}`);
  await call("LockDeployments", { ...GROUP, message: "a fire" });
  await call("PutFreezeWindow", {
    ...{ ...GROUP, name: "w", cron: "0 0 * * *", durationMinutes: 1 },
  });
  await call("PutSchedule", { ...GROUP, name: "s", cron: "0 0 * * *" });
  await shop.call("DeleteDeploymentGroup", GROUP);
  assert.deepEqual(await call("ListLocks", {}), { locks: [] });
  assert.deepEqual(await call("ListFreezeWindows", {}), { freezeWindows: [] });
  assert.deepEqual(await call("ListSchedules", {}), { schedules: [] });
});

test("an application's lock is for all of its groups; CreateDeployment says who, when and why", async () => {
  await using shop = await openShop(0);
  const { call, refuses } = runtime(shop);
  const application = { applicationName: "shop" };
  await call("LockDeployments", { ...application, message: " a fire " }, "deployer");
  const { locks } = await call("ListLocks", {}, "viewer");
  assert.deepEqual(locks, [
    { subject: "shop", message: "a fire", lockedBy: DEPLOYER, time: locks[0].time },
  ]);
  await shop.refuses(
    "CreateDeployment",
    REQUEST,
    "DeploymentLimitExceededException",
    /^shop is locked by \S+user\/deployer since \d{4}-.* UTC: a fire\. Unlock it: runtime unlock --app shop$/,
  );
  await refuses("UnlockDeployments", GROUP, "InvalidInput", /the lock of shop is for all/);
  // Renamed, it is still locked.
  await shop.call("UpdateApplication", { ...application, newApplicationName: "store" });
  await call("UnlockDeployments", { applicationName: "store" }, "deployer");
  await shop.call("UpdateApplication", { applicationName: "store", newApplicationName: "shop" });
  await shop.ended((await shop.call("CreateDeployment", REQUEST)).deploymentId);
  assert.deepEqual(await records(shop), [
    "deployer unlocked store: ",
    "deployer locked shop: a fire",
  ]);
  await refuses(
    "LockDeployments",
    { applicationName: "gone", message: "x" },
    "ApplicationDoesNotExist",
    /gone/,
  );
});

test("a freeze window refuses, tells when it is open, and is overridden on record", async () => {
  await using shop = await openShop(1);
  const { call } = runtime(shop);
  // The hour that runs now, and the next one.
  const hour = Math.floor(shop.context.now() / HOUR) * HOUR;
  shop.clock.now = hour;
  const window = { name: "now", cron: `0 ${new Date(hour).getUTCHours()} * * *`, timeZone: "UTC" };
  await call("PutFreezeWindow", { ...window, durationMinutes: 120 });
  const { freezeWindows: [shown] } = await call("ListFreezeWindows", {}, "viewer");
  const openUntil = (hour + 2 * HOUR) / 1000;
  const nextStartTime = (hour + 24 * HOUR) / 1000;
  assert.deepEqual(shown, {
    ...{ ...window, durationMinutes: 120, open: true, openUntil, nextStartTime },
  });
  const until = new Date(openUntil * 1000).toISOString().slice(0, 16).replace("T", " ");
  await shop.refuses(
    "CreateDeployment",
    REQUEST,
    "DeploymentLimitExceededException",
    new RegExp(`^The freeze window now of every application is open until ${until} UTC\\. `),
  );
  const overrideFreeze = { reason: "a leak" };
  const { deploymentId } = await call(
    "ScheduleDeployment",
    { ...REQUEST, overrideFreeze },
    "deployer",
  );
  assert.notEqual(await statusOf(shop, deploymentId), "Queued");
  assert.equal((await records(shop))[0], `deployer freeze overridden ${deploymentId}: a leak`);
  await call("DeleteFreezeWindow", { name: "now" });
  assert.equal((await records(shop))[0], "admin freeze window removed now: ");
});

test("what waits for a freeze begins when the window is taken away", async () => {
  await using shop = await openShop(1);
  const { call } = runtime(shop);
  await call("PutGroupPolicy", { ...GROUP, policy: { onBusy: "queue" } });
  await call("PutFreezeWindow", {
    ...{ ...GROUP, name: "night", cron: "0 0 * * *", durationMinutes: 60 },
  });
  const { deploymentId } = await shop.call("CreateDeployment", REQUEST);
  assert.equal(await statusOf(shop, deploymentId), "Queued");
  await call("DeleteFreezeWindow", { name: "night" });
  assert.notEqual(await statusOf(shop, deploymentId), "Queued");
});

test("a deployment that is to start later waits as Queued and can be stopped", async () => {
  await using shop = await openShop(1);
  const { call, refuses } = runtime(shop);
  const startAt = "2026-11-25T04:00:00+01:00";
  const { deploymentId } = await call("ScheduleDeployment", { ...REQUEST, startAt });
  assert.equal(await statusOf(shop, deploymentId), "Queued");
  await refuses(
    "ScheduleDeployment",
    { ...REQUEST, startAt: "2026-11-25T00:00:00+01:00" },
    "InvalidInput",
    /^startAt: 2026-11-24 23:00 UTC is in the past/,
  );
  await shop.call("StopDeployment", { deploymentId });
  assert.equal(await statusOf(shop, deploymentId), "Stopped");
});

test("a schedule is made, shown with its next time and what came of the last, and removed", async () => {
  await using shop = await openShop(0);
  const { call } = runtime(shop);
  const now = shop.context.now();
  const schedule = { name: "nightly", cron: "0 3 * * 1", timeZone: "UTC" };
  await call("PutSchedule", { ...GROUP, ...schedule }, "deployer");
  const shown = async () => (await call("ListSchedules", {}, "viewer")).schedules[0];
  const { createTime, nextTime, ...rest } = await shown();
  assert.ok(createTime * 1000 >= now);
  assert.deepEqual(rest, { ...schedule, subject: SUBJECT, createdBy: DEPLOYER });
  const next = new Date(nextTime * 1000);
  assert.equal(`${next.getUTCDay()} ${next.toISOString().slice(11)}`, "1 03:00:00.000Z");
  shop.clock.now = nextTime * 1000;
  await runsRefused(shop);
  const { lastOutcome, lastMessage, lastTime } = await shown();
  assert.equal(`${lastOutcome} ${lastTime}`, `refused ${nextTime}`);
  assert.match(lastMessage, /^The application shop has no revision yet/);
  await call("DeleteSchedule", { name: "nightly" }, "deployer");
  assert.deepEqual((await records(shop)).map((one) => one.split(":")[0]), [
    "deployer schedule removed nightly",
    "deployer schedule set nightly",
  ]);
});

test("a retry is the same request again, on the hosts that did not succeed if asked so", async () => {
  await using shop = await openShop(0);
  const { call, refuses } = runtime(shop);
  const artifact = { version: "1", sha256: "ab".repeat(32), size: 1, eTag: "e" };
  const before = {
    ...request(),
    artifact,
    fileExistsBehavior: "RETAIN",
    description: "as before",
    configName: "CodeDeployDefault.AllAtOnce",
  } as const; // because a behavior is a word of its own, and no text
  const id = "d-BEFORE000";
  await putDeployment(shop, { id, status: "Failed", request: before });
  await shop.context.store.commit((tx) =>
    insertTargets(tx, id, [
      target("web-1", "Succeeded", "SSSSSSS"),
      target("web-2", "Failed", "SF"),
      target("web-3", "Skipped", ""),
      target("web-4", "Unknown", ""),
    ])
  );
  const { deploymentId } = await call("RetryDeployment", { deploymentId: id, failedOnly: true });
  const { request: again } = shop.engine.deployment(deploymentId);
  assert.deepEqual(again.hosts, ["web-2", "web-3", "web-4"]);
  const { configName, revision, fileExistsBehavior, description } = again;
  assert.deepEqual({
    configName,
    revision,
    fileExistsBehavior,
    description,
    artifact: again.artifact,
  }, {
    ...{ configName: before.configName, revision: before.revision, artifact },
    ...{ fileExistsBehavior: "RETAIN", description: "as before" },
  });
  await shop.ended(deploymentId);
  const whole = await call("RetryDeployment", { deploymentId: id });
  assert.equal(shop.engine.deployment(whole.deploymentId).request.hosts, undefined);
  await shop.ended(whole.deploymentId);
  await putDeployment(shop, { id: "d-DONE00000", status: "Succeeded", request: before });
  await refuses(
    "RetryDeployment",
    { deploymentId: "d-DONE00000", failedOnly: true },
    "InvalidInput",
    /^failedOnly: d-DONE00000 is Succeeded and never began on a host; leave failedOnly out/,
  );
});
