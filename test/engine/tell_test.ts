/** What the engine leaves in the outbox: each change once, in order, and nothing for nobody. @module */
import assert from "node:assert/strict";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import type { OutboxFact, TriggerEvent } from "../../core/domain/outbox_fact.ts";
import { putEventTarget } from "../../core/store/event_targets.ts";
import { nextFacts } from "../../core/store/outbox.ts";
import { type Fleet, fleetTest, GROUP_ID } from "./fleet.ts";

const ALL: TriggerEvent[] = [
  "DeploymentStart",
  "DeploymentSuccess",
  "DeploymentFailure",
  "DeploymentStop",
  "DeploymentRollback",
  "DeploymentReady",
  "InstanceStart",
  "InstanceSuccess",
  "InstanceFailure",
  "InstanceReady",
];
const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";

function triggers(...events: TriggerEvent[]): GroupSettings {
  return {
    triggerConfigurations: [
      { triggerName: "tell", triggerTargetArn: TOPIC, triggerEvents: events },
    ],
  };
}

async function listen(fleet: Fleet): Promise<void> {
  const receiver = { kind: "http", url: "http://127.0.0.1:1/" } as const;
  await fleet.store.commit((tx) => putEventTarget(tx, { name: "all", receiver }, fleet.now));
}

function facts(fleet: Fleet): OutboxFact[] {
  return nextFacts(fleet.store.read, 1000).map(({ fact }) => fact);
}

/** `DeploymentStart InProgress`, `InstanceStart web-1 InProgress`, a line each. */
function told(fleet: Fleet): string[] {
  return facts(fleet).map((fact) =>
    fact.kind === "instance"
      ? `${fact.event} ${fact.instanceId} ${fact.status}`
      : `${fact.event} ${fact.status}`
  );
}

fleetTest(
  "a deployment tells of its start, each host and its end, in the order they happened",
  { hosts: 2, ...triggers(...ALL) },
  async (fleet) => {
    const id = await fleet.succeed("v1.zip", "web-1", "web-2");
    assert.deepEqual(told(fleet), [
      "DeploymentStart InProgress",
      "InstanceStart web-1 InProgress",
      "InstanceSuccess web-1 Succeeded",
      "InstanceStart web-2 InProgress",
      "InstanceSuccess web-2 Succeeded",
      "DeploymentSuccess Succeeded",
    ]);
    const all = facts(fleet);
    assert.equal(new Set(all.map((fact) => fact.id)).size, all.length, "each has an id of its own");
    for (const fact of all) {
      assert.match(
        fact.id,
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
    const { createTime, completeTime } = fleet.engine.deployment(id);
    assert.deepEqual(all.at(-1), {
      kind: "deployment",
      event: "DeploymentSuccess",
      id: all.at(-1)?.id,
      time: fleet.now,
      account: "000000000000",
      region: "us-east-1",
      applicationName: "shop",
      deploymentGroupName: "prod",
      deploymentGroupId: GROUP_ID,
      deploymentId: id,
      triggers: [{ name: "tell", topicArn: TOPIC }],
      status: "Succeeded",
      createTime,
      completeTime,
      overview: { Pending: 0, InProgress: 0, Succeeded: 2, Failed: 0, Skipped: 0, Ready: 0 },
      rollback: {},
    });
    const host = all.find((fact) => fact.event === "InstanceSuccess");
    assert.equal(host?.kind === "instance" && host.instanceArn.endsWith(":instance/web-1"), true);
    const events = host?.kind === "instance" ? host.lifecycleEvents : [];
    assert.deepEqual(events.map(({ status }) => status), Array(7).fill("Succeeded"));
    assert.ok(events.every((event) => !("diagnostics" in event)), "what scripts print stays here");
  },
);

fleetTest(
  "a failure tells of the rollback it makes, then the rollback of itself",
  {
    hosts: 2,
    ...triggers(...ALL),
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1", "web-2");
    const before = facts(fleet).length;
    const bad = await fleet.deploy("v2.zip");
    await fleet.run("web-1", "F");
    const rollbackId = (await fleet.ended(bad)).rollback.rollbackDeploymentId ?? "";
    await fleet.run("web-1");
    await fleet.ended(rollbackId);
    assert.deepEqual(told(fleet).slice(before), [
      "DeploymentStart InProgress",
      "InstanceStart web-1 InProgress",
      "InstanceFailure web-1 Failed",
      "DeploymentFailure Failed",
      "DeploymentRollback Failed",
      "DeploymentStart InProgress",
      "InstanceStart web-1 InProgress",
      "InstanceSuccess web-1 Succeeded",
      "DeploymentSuccess Succeeded",
    ]);
    const rollback = facts(fleet).find((fact) => fact.event === "DeploymentRollback");
    assert.ok(rollback?.kind === "deployment");
    assert.equal(rollback.deploymentId, bad);
    assert.equal(rollback.rollback.rollbackDeploymentId, rollbackId);
    assert.equal(rollback.error?.code, "HEALTH_CONSTRAINTS");
  },
);

fleetTest(
  "a stop tells of the stop",
  { hosts: 1, ...triggers("DeploymentStop") },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.engine.stopDeployment(id, false);
    await fleet.finish(order, "SK");
    await fleet.ended(id);
    assert.deepEqual(told(fleet), ["DeploymentStop Stopped"]);
  },
);

fleetTest(
  "a deployment that finds no host tells of its failure, and of no start",
  { hosts: 0, ...triggers(...ALL) },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.ended(id);
    assert.deepEqual(told(fleet), ["DeploymentFailure Failed"]);
  },
);

fleetTest(
  "only what a trigger names is told, unless an event target hears everything",
  { hosts: 1, ...triggers("InstanceFailure", "DeploymentSuccess") },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1");
    assert.deepEqual(told(fleet), ["DeploymentSuccess Succeeded"]);
    await listen(fleet);
    await fleet.succeed("v2.zip", "web-1");
    assert.deepEqual(told(fleet).length, 5);
    const start = facts(fleet).find((fact) => fact.event === "DeploymentStart");
    assert.deepEqual(start?.triggers, []);
  },
);

fleetTest("nothing is written where nobody listens", { hosts: 1 }, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  assert.deepEqual(facts(fleet), []);
});

fleetTest(
  "a change that could not be kept is not told of; kept later it is told once",
  { hosts: 1, ...triggers(...ALL) },
  async (fleet) => {
    await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    const before = told(fleet);
    await fleet.breakTarget("web-1");
    await assert.rejects(fleet.finish(order));
    assert.deepEqual(told(fleet), before);
    await fleet.mendTarget();
    fleet.engine.tick();
    await fleet.finish(order);
    assert.deepEqual(told(fleet).slice(before.length), [
      "InstanceSuccess web-1 Succeeded",
      "DeploymentSuccess Succeeded",
    ]);
  },
);
