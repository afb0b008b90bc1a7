/** `runtime lock`, `freeze`, `schedule`, `policy`, `retry`, and when `runtime deploy` begins. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal, runtime, standIn } from "./stand_in.ts";

const ID = "d-AAAAAAAAA";
const DEPLOY = "deploy --app shop --group prod --revision s3://revisions/new.tgz".split(" ");
const GROUP = { applicationName: "shop", deploymentGroupName: "prod" };
const ADA = "arn:aws:iam::000000000000:user/ada";

test("lock says how to unlock, and sends the reason; unlock takes it away", async () => {
  await using server = await standIn({
    LockDeployments: () => ({}),
    UnlockDeployments: () => ({}),
  });
  const locked = await runtime(
    ["lock", "--app", "shop", "--group", "prod", "--message", "a fire"],
    server,
  );
  assert.equal(
    locked.out,
    "Locked shop/prod: nothing begins there. Unlock it: runtime unlock --app shop --group prod\n",
  );
  assert.equal((await runtime(["unlock", "--app", "shop"], server)).out, "Unlocked shop.\n");
  assert.deepEqual(server.asked.map(({ input }) => input), [
    { ...GROUP, message: "a fire" },
    { applicationName: "shop" },
  ]);
});

test("lock --list shows who locked what, since when and why", async () => {
  await using server = await standIn({
    ListLocks: () => ({
      locks: [{ subject: "shop/prod", message: "a \x1b[31mfire", lockedBy: ADA, time: 1 }],
    }),
  });
  const { out } = await runtime(["lock", "--list"], server);
  assert.match(out, /^shop\/prod {2}locked by \S+user\/ada since \d{4}-.*: a fire\n$/);
});

const refusals: [rule: string, message: string, says: RegExp, next: RegExp][] = [
  [
    "a lock",
    `shop is locked by ${ADA} since 2026-11-25 00:00 UTC: a fire. Unlock it: runtime unlock --app shop`,
    /^Deployments are locked\n/,
    /next\s+runtime unlock --app shop\n/,
  ],
  [
    "a freeze window",
    "The freeze window night of every application is open until 2026-11-25 01:00 UTC. Deploy …",
    /^No deployment begins in a freeze window\n/,
    /the same command with --override-freeze REASON/,
  ],
  [
    "a busy group",
    `The Deployment Group 'prod' already has an active Deployment '${ID}'`,
    /^Another deployment of this group is active\n/,
    new RegExp(`runtime stop ${ID}`),
  ],
];
for (const [rule, message, says, next] of refusals) {
  test(`deploy is blocked by ${rule}: exit code 5, and what to do about it`, async () => {
    const type = "DeploymentLimitExceededException";
    await using server = await standIn({
      CreateDeployment: () => {
        throw new Refusal(type, message);
      },
    });
    const { code, err } = await runtime(DEPLOY, server);
    assert.equal(code, 5);
    assert.match(err, says);
    assert.match(err, next);
    assert.ok(err.includes(message), err);
  });
}

test("deploy --at asks for the time and does not wait; --override-freeze sends the reason", async () => {
  await using server = await standIn({ ScheduleDeployment: () => ({ deploymentId: ID }) });
  const at = "2026-12-24T18:00:00+01:00";
  const { out } = await runtime([...DEPLOY, "--at", at], server);
  assert.match(out, new RegExp(`^Created ${ID}, which begins at 2026-12-24 .*runtime stop ${ID}`));
  await runtime([...DEPLOY, "--override-freeze", "a leak", "--no-wait"], server);
  const asked = server.asked.map(({ input }) => input as Record<string, unknown>); // because every input is an object
  assert.deepEqual(asked.map(({ startAt, overrideFreeze }) => [startAt, overrideFreeze]), [
    ["2026-12-24T17:00:00.000Z", undefined],
    [undefined, { reason: "a leak" }],
  ]);
  const bad = await runtime([...DEPLOY, "--at", "tomorrow"], server);
  assert.equal(bad.code, 2);
  assert.match(bad.err, /--at: a time is wanted/);
});

test("a rollback by hand and a restart go through a freeze in the same way", async () => {
  const revision = {
    revisionType: "S3",
    s3Location: { bucket: "b", key: "old.tgz", bundleType: "tgz" },
  };
  const info = { deploymentId: ID, status: "Succeeded", createTime: 1, revision };
  await using server = await standIn({
    GetDeploymentGroup: () => ({ deploymentGroupInfo: {} }),
    ListDeployments: () => ({ deployments: [ID] }),
    BatchGetDeployments: () => ({ deploymentsInfo: [info] }),
    ScheduleDeployment: () => ({ deploymentId: ID }),
  });
  for (const verb of ["rollback", "restart"]) {
    const words = [verb, "--app", "shop", "--group", "prod", "--override-freeze", "a leak"];
    const ran = await runtime([...words, "--no-wait"], server);
    assert.equal(ran.code, 0, ran.err);
    const { operation, input } = server.asked.at(-1) ?? {};
    assert.equal(operation, "ScheduleDeployment");
    const { overrideFreeze } = input as { overrideFreeze: unknown }; // because it was asked with one
    assert.deepEqual(overrideFreeze, { reason: "a leak" });
  }
});

test("a freeze window is added, shown and removed", async () => {
  await using server = await standIn({
    PutFreezeWindow: () => ({}),
    DeleteFreezeWindow: () => ({}),
    ListFreezeWindows: () => ({
      freezeWindows: [
        {
          ...{ name: "night", cron: "0 0 * * *", timeZone: "UTC", durationMinutes: 60 },
          ...{ open: true, openUntil: 7200, nextStartTime: 90_000 },
        },
        { name: "w", subject: "shop", cron: "x", timeZone: "UTC", durationMinutes: 1, open: false },
      ],
    }),
  });
  const add = ["freeze", "add", "night", "--cron", "0 0 * * *", "--minutes", "60", "--app", "shop"];
  assert.match((await runtime(add, server)).out, /^The freeze window night is set\./);
  const { out } = await runtime(["freeze", "list"], server);
  assert.match(out, /^night {2}every application\n {2}opens {2}0 0 \* \* \* UTC, for 60 min\n/);
  assert.match(
    out,
    / {2}now {4}open until 1970-.*\n {2}next {3}1970-.*\nw {2}shop\n.*\n {2}now {4}closed\n/,
  );
  await runtime(["freeze", "remove", "night"], server);
  assert.deepEqual(server.asked.map(({ input }) => input), [
    {
      ...{ name: "night", cron: "0 0 * * *", timeZone: "UTC", durationMinutes: 60 },
      applicationName: "shop",
    },
    {},
    { name: "night" },
  ]);
  assert.equal((await runtime([...add, "--minutes", "0"], server)).code, 2);
});

test("a schedule is added with a revision or the newest, and shows what came of it", async () => {
  const common = { cron: "0 3 * * 1", timeZone: "UTC", createdBy: ADA, createTime: 1 };
  await using server = await standIn({
    PutSchedule: () => ({}),
    ListSchedules: () => ({
      schedules: [
        {
          ...{ ...common, name: "a", subject: "shop/prod", nextTime: 9, lastTime: 5 },
          ...{ lastOutcome: "deployed", lastDeploymentId: ID },
        },
        {
          ...{ ...common, name: "b", subject: "shop/prod", lastTime: 5 },
          ...{ lastOutcome: "refused", lastMessage: "locked" },
        },
        { ...common, name: "c", subject: "shop/prod", lastTime: 5, lastOutcome: "missed" },
      ],
    }),
  });
  const add = "schedule add a --app shop --group prod --cron".split(" ");
  await runtime([...add, "0 3 * * 1", "--zone", "Europe/Berlin"], server);
  await runtime([...add, "0 3 * * 1", "--revision", "s3://b/k.tgz"], server);
  assert.deepEqual(server.asked.map(({ input }) => input), [
    { ...GROUP, name: "a", cron: "0 3 * * 1", timeZone: "Europe/Berlin" },
    {
      ...{ ...GROUP, name: "a", cron: "0 3 * * 1", timeZone: "UTC" },
      revision: {
        revisionType: "S3",
        s3Location: { bucket: "b", key: "k.tgz", bundleType: "tgz" },
      },
    },
  ]);
  const { out } = await runtime(["schedule", "list"], server);
  assert.match(out, new RegExp(`last   1970.*, deployed: runtime status ${ID}\n`));
  assert.match(out, /, refused: locked\n/);
  assert.match(out, /, skipped, as the server did not run in the hour after it\n/);
});

test("a policy is changed member by member", async () => {
  await using server = await standIn({
    GetGroupPolicy: () => ({ policy: { onBusy: "queue", approvers: ["ada"] } }),
    PutGroupPolicy: () => ({}),
  });
  const set = "policy set --app shop --group prod".split(" ");
  const asked = async (...words: string[]) => {
    await runtime([...set, ...words], server);
    const { operation, input } = server.asked.at(-1) ?? {};
    assert.equal(operation, "PutGroupPolicy");
    return (input as { policy: unknown }).policy; // because it was asked with a policy
  };
  assert.deepEqual(await asked("--on-busy", "supersede"), {
    ...{ onBusy: "supersede", approvers: ["ada"] },
  });
  assert.deepEqual(await asked("--approver", "bob", "--approver", "eve"), {
    ...{ onBusy: "queue", approvers: ["bob", "eve"] },
  });
  assert.deepEqual(
    await asked("--on-busy", "default", "--everybody-approves", "--rollback-event-timeout", "60"),
    { rollback: { eventTimeoutSeconds: 60 } },
  );
  const { out } = await runtime("policy show --app shop --group prod".split(" "), server);
  assert.match(out, /^shop\/prod\n {2}on busy {4}queue\n {2}approvers {2}ada\n/);
});

test("retry asks for the failed hosts alone when told so", async () => {
  await using server = await standIn({ RetryDeployment: () => ({ deploymentId: ID }) });
  const words = ["retry", "d-BBBBBBBBB", "--failed-only", "--no-wait", "--json"];
  assert.equal((await runtime(words, server)).out, `{"deploymentId": "${ID}"}\n`);
  assert.deepEqual(server.asked, [
    { operation: "RetryDeployment", input: { deploymentId: "d-BBBBBBBBB", failedOnly: true } },
  ]);
});

test("audit shows who did what, and stops at the limit", async () => {
  const record = { time: 1, who: ADA, action: "locked", subject: "shop", reason: "a fire" };
  await using server = await standIn({
    ListAuditRecords: () => ({
      records: [2, 1].map((sequence) => ({ ...record, sequence })),
      nextToken: "more",
    }),
  });
  const { out } = await runtime(["audit", "--limit", "3", "--subject", "shop"], server);
  assert.equal(out.trimEnd().split("\n").length, 3);
  assert.match(out, /^1970-.* {2}shop {2}locked by \S+user\/ada: a fire\n/);
  assert.deepEqual(server.asked.map(({ input }) => input), [
    { subject: "shop" },
    { subject: "shop", nextToken: "more" },
  ]);
});
