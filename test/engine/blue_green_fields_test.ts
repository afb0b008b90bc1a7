/** The fields of a blue/green deployment and its sequence (spec 7), where no other test says it. @module */
import assert from "node:assert/strict";
import { carryOut, eventsOf } from "./balanced_fleet.ts";
import {
  allow,
  ASK,
  block,
  type BlueGreen,
  blueGreenTest,
  GREEN,
  install,
  INSTALLED,
  KEEP,
  TERMINATE,
} from "./blue_green_fleet.ts";
import type { Fleet } from "./fleet.ts";

const MINUTE = 60_000;

async function after(fleet: Fleet, ms: number): Promise<void> {
  fleet.now += ms;
  fleet.engine.tick();
  await fleet.settled();
}

const ready = (minutes: number): BlueGreen => ({
  ...KEEP,
  deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: minutes },
});
const ending = (minutes?: number): BlueGreen => ({
  ...KEEP,
  terminateBlueInstancesOnDeploymentSuccess: {
    action: "TERMINATE",
    ...(minutes !== undefined && { terminationWaitTimeInMinutes: minutes }),
  },
});
const { terminateBlueInstancesOnDeploymentSuccess: _keep, ...NOTHING_SAID } = KEEP;

type Row = [field: string, blueGreen: BlueGreen, shown: string];

/** Once green is installed. */
const INSTALLED_ROWS: readonly Row[] = [
  ["actionOnTimeout CONTINUE_DEPLOYMENT: the traffic shifts at once", KEEP, "PPRR InProgress"],
  [
    "actionOnTimeout CONTINUE_DEPLOYMENT: waitTimeInMinutes is not waited for",
    {
      ...KEEP,
      deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT", waitTimeInMinutes: 30 },
    },
    "PPRR InProgress",
  ],
  ["actionOnTimeout STOP_DEPLOYMENT: somebody is waited for", ASK, "PPYY Ready"],
  ["deploymentReadyOption left out: the traffic shifts at once", {}, "PPRR InProgress"],
];
for (const [field, blueGreen, shown] of INSTALLED_ROWS) {
  blueGreenTest(`spec 7 ${field}`, blueGreen, async (fleet) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await fleet.settled();
    assert.equal(fleet.show(id), shown);
  });
}

for (const minutes of [1, 90]) {
  const title = `spec 7 waitTimeInMinutes ${minutes}: after so many the deployment is Stopped`;
  blueGreenTest(title, ready(minutes), async (fleet) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await after(fleet, minutes * MINUTE - 1);
    assert.equal(fleet.show(id), "PPYY Ready");
    await after(fleet, 1);
    const { error } = await fleet.ended(id);
    assert.equal(fleet.show(id), "KKKK Stopped TIMEOUT");
    assert.match(
      error?.message ?? "",
      new RegExp(`This time out period is ${minutes} minutes\\.$`),
    );
  });
}

blueGreenTest("spec 7 waitTimeInMinutes 0: nobody has the time to continue it", ready(0), async (
  fleet,
) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await after(fleet, 1_000);
  await fleet.ended(id);
  assert.equal(fleet.show(id), "KKKK Stopped TIMEOUT");
});

/** Once blue has given up its traffic. */
const BLOCKED_ROWS: readonly Row[] = [
  ["KEEP_ALIVE: it is over, blue is left running", KEEP, "SSSS Succeeded"],
  ["terminateBlueInstances… left out: as KEEP_ALIVE", NOTHING_SAID, "SSSS Succeeded"],
  ["TERMINATE after an hour: blue is Ready for its end", TERMINATE, "YYSS InProgress"],
  ["TERMINATE after 0 minutes: blue ends at once", ending(0), "RRSS InProgress"],
  ["TERMINATE, no time given: blue ends at once", ending(), "RRSS InProgress"],
];
for (const [field, blueGreen, shown] of BLOCKED_ROWS) {
  blueGreenTest(`spec 7 ${field}`, blueGreen, async (fleet, balancer) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await allow(fleet);
    await block(fleet);
    await after(fleet, 1_000);
    assert.equal(fleet.show(id), shown);
    assert.deepEqual([...balancer.blocked].sort(), ["web-1", "web-2"], "blue is deregistered");
    const { terminationWait } = fleet.engine.deployment(id);
    assert.equal(terminationWait !== undefined, !shown.endsWith("Succeeded"));
  });
}

blueGreenTest("spec 7 KEEP_ALIVE: blue leaves the group, which green is from now on", KEEP, async (
  fleet,
) => {
  await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await allow(fleet);
  await block(fleet);
  await fleet.settled();
  await fleet.tag("stack", "third", "web-1");
  const third = { Key: "stack", Value: "third", Type: "KEY_AND_VALUE" } as const;
  const next = await fleet.deploy("v2.zip", { targetInstances: { tagFilters: [third] } });
  await fleet.settled();
  const parts = fleet.targets(next).map(({ id, label }) => `${id} ${label}`);
  assert.deepEqual(parts, ["web-1 Green", "web-3 Blue", "web-4 Blue"]);
});

blueGreenTest(
  "spec 7 DISCOVER_EXISTING: green is targetInstances, by ec2TagSet as by tagFilters",
  KEEP,
  async (
    fleet,
  ) => {
    const [filter] = GREEN.tagFilters ?? [];
    assert.ok(filter);
    const targetInstances = { ec2TagSet: { ec2TagSetList: [[filter]] } };
    const id = await fleet.deploy("v1.zip", { targetInstances });
    await fleet.settled();
    const parts = fleet.targets(id).map(({ id, label }) => `${id} ${label}`);
    assert.deepEqual(parts, ["web-1 Blue", "web-2 Blue", "web-3 Green", "web-4 Green"]);
  },
);

blueGreenTest("spec 7 deploymentStyle: green hosts are others than those that serve", KEEP, async (
  fleet,
) => {
  await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await allow(fleet);
  await block(fleet);
  await fleet.settled();
  const again = await fleet.deploy("v2.zip", { targetInstances: GREEN });
  const { error } = await fleet.ended(again);
  assert.equal(error?.code, "ELB_INVALID_INSTANCE");
  assert.match(error?.message ?? "", /names web-3, web-4.*must be other hosts/);
});

blueGreenTest(
  "spec 7 sequence: green keeps to the minimum of healthy hosts, and waits for its last",
  {
    ...KEEP,
  },
  async (fleet, balancer) => {
    const id = await fleet.deploy("v1.zip", {
      targetInstances: GREEN,
      deploymentConfigName: "CodeDeployDefault.OneAtATime",
    });
    await fleet.settled();
    assert.equal(fleet.show(id), "PPRP InProgress");
    assert.equal(await carryOut(fleet, "web-3"), INSTALLED);
    await fleet.settled();
    assert.equal(fleet.show(id), "PPYR InProgress", "nobody has traffic before all are installed");
    await carryOut(fleet, "web-4");
    for (const host of ["web-3", "web-4"]) {
      await carryOut(fleet, host);
      assert.equal(balancer.blocked.has("web-1"), false);
      await carryOut(fleet, host);
    }
    await block(fleet);
    assert.equal((await fleet.ended(id)).status, "Succeeded");
  },
);

blueGreenTest(
  "spec 7 sequence, rule 11: one blue host that cannot be deregistered fails it",
  KEEP,
  async (
    fleet,
    balancer,
  ) => {
    balancer.broken.set("block web-2", "no server web-2");
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await allow(fleet);
    for (const host of ["web-1", "web-2"]) await carryOut(fleet, host);
    await carryOut(fleet, "web-1");
    const { error } = await fleet.ended(id);
    assert.equal(fleet.show(id), "SFSS Failed HEALTH_CONSTRAINTS");
    assert.match(
      error?.message ?? "",
      /1 of 2 hosts did not give up their traffic.*no server web-2/,
    );
    assert.match(eventsOf(fleet, id, "web-2"), /BlockTraffic:Failed AfterBlockTraffic:Skipped/);
  },
);

blueGreenTest(
  "spec 7 sequence: a green host that gets no traffic fails it, and blue is not asked",
  KEEP,
  async (
    fleet,
    balancer,
  ) => {
    balancer.broken.set("allow web-3", "never healthy");
    const id = await fleet.deploy("v1.zip", {
      targetInstances: GREEN,
      deploymentConfigName: "CodeDeployDefault.OneAtATime",
    });
    await install(fleet);
    await carryOut(fleet, "web-3");
    await fleet.ended(id);
    assert.equal(fleet.show(id), "KKFK Failed HEALTH_CONSTRAINTS");
    assert.deepEqual(balancer.asked.filter((asked) => asked.startsWith("block")), []);
  },
);
