/** What people do to a canary at each kind of its steps, with a new server's process after each. */
import assert from "node:assert/strict";
import { listAudit } from "../../core/store/audit.ts";
import { putGroupPolicy } from "../../core/store/group_policies.ts";
import { allow, ASK, block, blueGreenTest, GREEN, install, TERMINATE } from "./blue_green_fleet.ts";
import { type Fleet, GROUP_ID, refused } from "./fleet.ts";
import {
  again,
  ANN,
  canary,
  canaryTest,
  isTakenBack,
  MINUTE,
  pass,
  wish,
} from "./measured_fleet.ts";

/** A step that holds, and what ends it if nobody intervenes. */
const HOLDS: [kind: string, step: object, end: (fleet: Fleet, id: string) => Promise<void>][] = [
  ["bake", { bake: "5m" }, (fleet) => pass(fleet, 5 * MINUTE)],
  ["analysis", { analysis: "errors", max: 0.05 }, async (fleet) => {
    await pass(fleet, MINUTE);
    await pass(fleet, 0);
  }],
  ["approval", { approval: "release" }, (fleet, id) => wish(fleet, id, { kind: "approve" })],
  ["pause", { pause: true }, (fleet, id) => wish(fleet, id, { kind: "promote", whole: false })],
];

const audited = (fleet: Fleet, id: string) =>
  listAudit(fleet.store.read, { subject: id }, 10).reverse()
    .map(({ action, who, reason }) => [action, who, ...(reason === undefined ? [] : [reason])]);

for (const [kind, step, end] of HOLDS) {
  const steps = [{ hosts: 1 }, step];
  const held = kind === "bake" || kind === "analysis" ? "SP Baking" : "SP InProgress";

  canaryTest(`paused at ${kind} nobody begins, resumed somebody does`, { steps }, async (fleet) => {
    const id = await canary(fleet);
    assert.equal(fleet.show(id), held);
    await wish(fleet, id, { kind: "pause", message: "lunch" });
    await again(fleet);
    await assert.rejects(
      wish(fleet, id, { kind: "pause" }),
      refused("InvalidDeploymentStatusException", /is paused already, by .*user\/ann/),
    );
    await end(fleet, id);
    await pass(fleet, 10 * MINUTE);
    assert.match(fleet.show(id), /^SP /);
    assert.deepEqual(await fleet.look("web-2"), { cancel: [] });
    await again(fleet);
    await wish(fleet, id, { kind: "resume" });
    await pass(fleet, 0);
    await fleet.run("web-2");
    assert.equal((await fleet.ended(id)).status, "Succeeded");
    assert.deepEqual(audited(fleet, id)[0], ["paused", ANN, "lunch"]);
    assert.deepEqual(audited(fleet, id).at(-1), ["resumed", ANN]);
  });

  canaryTest(`promoted at ${kind} the next host begins`, { steps }, async (fleet) => {
    const id = await canary(fleet);
    await again(fleet);
    await wish(fleet, id, { kind: "promote", whole: false });
    await again(fleet);
    assert.equal(fleet.show(id), "SR InProgress");
    await fleet.run("web-2");
    assert.equal((await fleet.ended(id)).status, "Succeeded");
    const past = { analysis: "2 analysis errors", approval: "release" }[kind] ?? `2 ${kind}`;
    assert.deepEqual(audited(fleet, id), [["promoted", ANN, `past "${past}"`]]);
  });

  canaryTest(`aborted at ${kind} the group goes back`, { steps }, async (fleet) => {
    const id = await canary(fleet);
    await again(fleet);
    await wish(fleet, id, { kind: "abort", message: "orders get lost" });
    await again(fleet);
    await isTakenBack(fleet, id);
    assert.equal(fleet.show(id), "SK Stopped MANUAL_STOP");
    const { error } = fleet.engine.deployment(id);
    assert.equal(error?.message, `The deployment was aborted by ${ANN}: orders get lost.`);
    assert.deepEqual(audited(fleet, id), [["aborted", ANN, "orders get lost"]]);
    await assert.rejects(
      wish(fleet, id, { kind: "resume" }),
      refused("DeploymentAlreadyCompletedException", /it is Stopped/),
    );
  });
}

const ALL = [{ hosts: 1 }, ...HOLDS.map(([, step]) => step)];

canaryTest(
  "promoted to its end a canary waits for nothing any more",
  { steps: ALL },
  async (fleet) => {
    const id = await canary(fleet);
    await wish(fleet, id, { kind: "promote", whole: true });
    await again(fleet);
    await fleet.run("web-2");
    assert.equal((await fleet.ended(id)).status, "Succeeded");
    assert.deepEqual(audited(fleet, id), [["promoted", ANN, "to its end"]]);
  },
);

canaryTest("an analysis that fails ends a paused canary, an approval's time does not", {
  steps: [{ hosts: 1 }, { approval: "release", within: "1h" }, { analysis: "errors", max: 0.05 }],
}, async (fleet, analysis) => {
  const id = await canary(fleet);
  await wish(fleet, id, { kind: "pause" });
  await pass(fleet, 120 * MINUTE);
  assert.equal(fleet.show(id), "SP InProgress");
  await wish(fleet, id, { kind: "approve" });
  await wish(fleet, id, { kind: "resume" });
  await fleet.settled();
  assert.equal(fleet.show(id), "SP Baking");
  await wish(fleet, id, { kind: "pause" });
  analysis.measure = () => 0.31;
  await pass(fleet, MINUTE);
  await fleet.ended(id);
  assert.equal(fleet.show(id), "SK Failed CUSTOMER_APPLICATION_UNHEALTHY");
});

canaryTest("while a host is under way", { steps: ALL }, async (fleet) => {
  const id = await fleet.deploy("v2.zip", { deploymentConfigName: "mine" });
  const order = await fleet.take("web-1");
  await assert.rejects(
    wish(fleet, id, { kind: "promote", whole: false }),
    refused("InvalidDeploymentStatusException", /waits for nothing that could be passed over/),
  );
  await assert.rejects(
    wish(fleet, id, { kind: "approve" }),
    refused("InvalidDeploymentStatusException", /does not wait for an approval/),
  );
  await wish(fleet, id, { kind: "pause" });
  await again(fleet);
  await fleet.finish(order);
  await pass(fleet, MINUTE);
  assert.equal(fleet.show(id), "SP InProgress", "it ends, and the bake does not begin");
  await wish(fleet, id, { kind: "resume" });
  await fleet.settled();
  assert.equal(fleet.show(id), "SP Baking");
});

canaryTest("a host under way ends before an abort takes it back", { steps: ALL }, async (fleet) => {
  const id = await fleet.deploy("v2.zip", { deploymentConfigName: "mine" });
  const order = await fleet.take("web-1");
  await wish(fleet, id, { kind: "abort" });
  await again(fleet);
  await assert.rejects(
    wish(fleet, id, { kind: "abort" }),
    refused("InvalidDeploymentStatusException", /is being stopped/),
  );
  await fleet.finish(order, "SF");
  await isTakenBack(fleet, id);
});

const APPROVAL = [{ hosts: 1 }, { approval: "release", within: "1h" }];

canaryTest("an approval that nobody gives in time fails the deployment", {
  steps: APPROVAL,
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
}, async (fleet) => {
  const id = await canary(fleet);
  await pass(fleet, 60 * MINUTE - 1);
  await again(fleet);
  assert.equal(fleet.show(id), "SP InProgress");
  await pass(fleet, 1);
  await isTakenBack(fleet, id);
  assert.equal(fleet.show(id), "SK Failed TIMEOUT");
  const { error } = fleet.engine.deployment(id);
  assert.equal(error?.message, 'nobody approved "release" within 60 minutes.');
});

canaryTest("who is no approver may neither approve, reject nor pass an approval over", {
  steps: APPROVAL,
}, async (fleet) => {
  await fleet.store.commit((tx) => putGroupPolicy(tx, GROUP_ID, { approvers: ["ann"] }));
  const id = await canary(fleet);
  const bob = "arn:aws:iam::000000000000:user/bob";
  const refusal = refused("AccessDeniedException", /user\/bob may not approve .* names ann \(/);
  for (
    const wished of [
      { kind: "approve" },
      { kind: "reject" },
      { kind: "promote", whole: false },
      { kind: "promote", whole: true },
    ] as const // because a kind is one of its words
  ) {
    await assert.rejects(wish(fleet, id, wished, bob), refusal);
  }
  assert.deepEqual(audited(fleet, id), [], "what was refused is not on record");
  await wish(fleet, id, { kind: "approve" });
  await again(fleet);
  await fleet.run("web-2");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

canaryTest("who is no approver may not pass an approval over before it is asked for", {
  steps: [{ hosts: 1 }, { bake: "5m" }, { approval: "release" }],
}, async (fleet) => {
  await fleet.store.commit((tx) => putGroupPolicy(tx, GROUP_ID, { approvers: ["ann"] }));
  const id = await canary(fleet);
  const bob = "arn:aws:iam::000000000000:user/bob";
  await assert.rejects(
    wish(fleet, id, { kind: "promote", whole: true }, bob),
    refused("AccessDeniedException", /user\/bob may not approve/),
  );
  await wish(fleet, id, { kind: "promote", whole: false }, bob);
  await fleet.settled();
  assert.deepEqual(await fleet.look("web-2"), { cancel: [] });
  await wish(fleet, id, { kind: "promote", whole: true });
  await fleet.run("web-2");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

canaryTest("a rejection stops the deployment, with who and why", {
  steps: APPROVAL,
}, async (fleet) => {
  const id = await canary(fleet);
  await wish(fleet, id, { kind: "reject", message: "odd numbers" });
  const { error, rollback } = await fleet.ended(id);
  assert.equal(fleet.show(id), "SK Stopped MANUAL_STOP");
  assert.equal(error?.message, `"release" was rejected by ${ANN}: odd numbers.`);
  assert.equal(rollback.rollbackDeploymentId, undefined);
  assert.deepEqual(audited(fleet, id), [["rejected", ANN, "release: odd numbers"]]);
});

for (const whole of [false, true]) {
  const all = whole ? "to its end" : "past its wait";
  blueGreenTest(`promoted ${all}, a Ready deployment moves its traffic`, ASK, async (fleet) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await fleet.settled();
    assert.equal(fleet.engine.deployment(id).status, "Ready");
    await again(fleet);
    await wish(fleet, id, { kind: "promote", whole });
    await again(fleet);
    assert.equal(fleet.engine.deployment(id).status, "InProgress");
    assert.equal((await fleet.take("web-3")).events.join(), "BeforeAllowTraffic");
    const reason = whole ? "to its end" : "past READY_WAIT";
    assert.deepEqual(audited(fleet, id), [["promoted", ANN, reason]]);
  });
}

blueGreenTest("promoted, a deployment ends its original hosts before their time", TERMINATE, async (
  fleet,
) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await allow(fleet);
  await block(fleet);
  await fleet.settled();
  assert.deepEqual(await fleet.look("web-1"), { cancel: [] }, "it waits for an hour");
  await wish(fleet, id, { kind: "promote", whole: false });
  await fleet.take("web-1");
  assert.deepEqual(audited(fleet, id), [["promoted", ANN, "past TERMINATION_WAIT"]]);
});
