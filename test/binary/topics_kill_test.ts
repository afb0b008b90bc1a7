/** Notifications outlive a receiver that is down and a server that is killed. @module */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Hook, startHook } from "../delivery/hook_server.ts";
import { version } from "./bundles.ts";
import { begin, ended, trace } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";

const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";
const EVENTS = [
  ...["DeploymentStart", "InstanceStart", "InstanceSuccess", "InstanceFailure"],
  ...["DeploymentSuccess", "DeploymentStop", "DeploymentFailure"],
];

/** Makes the topic, lets the hook hear it, and gives the group a trigger for each event. */
async function listen(fleet: Fleet, hook: Hook): Promise<void> {
  await fleet.runtime("topic", "create", "deployments");
  await fleet.runtime("topic", "subscribe", "deployments", hook.url);
  const question = await until("the question", () => hook.got[0]);
  assert.equal((await fetch(JSON.parse(question.body).SubscribeURL)).status, 200);
  await fleet.declare();
  await fleet.api("UpdateDeploymentGroup", {
    applicationName: "shop",
    currentDeploymentGroupName: "production",
    triggerConfigurations: EVENTS.map((event) => ({
      triggerName: event,
      triggerTargetArn: TOPIC,
      triggerEvents: [event],
    })),
  });
  await until("the tests of all triggers", () => hook.got.length === 1 + EVENTS.length);
}

/** What was told of a deployment: id and trigger of each message; one that came again stands once. */
function toldOf(hook: Hook, id: string): string[] {
  const told = hook.got.map(({ body }) => JSON.parse(body))
    .map(({ MessageId, Message }) => ({ MessageId, ...JSON.parse(readable(Message)) }))
    .filter(({ deploymentId }) => deploymentId === id);
  const first = new Map(told.map(({ MessageId, eventTriggerName }) => [
    MessageId,
    eventTriggerName,
  ]));
  return [...first.values()];
}

/** The question is no JSON. */
function readable(message: string): string {
  return message.startsWith("{") ? message : "{}";
}

test("what happened while the receiver was down is told in order after kill -9 of the server", async () => {
  await using hook = await startHook();
  const fleet = await Fleet.start(1);
  try {
    await listen(fleet, hook);
    hook.status = 503;
    const id = await begin(fleet, fleet.bundle("v1", version("1")));
    await ended(fleet, id);
    assert.deepEqual(toldOf(hook, id), []);
    await fleet.killServer();
    hook.status = 200;
    await fleet.startServer();
    await until("the last message", () => toldOf(hook, id).includes("DeploymentSuccess"));
    assert.deepEqual(toldOf(hook, id), [
      ...["DeploymentStart", "InstanceStart", "InstanceSuccess", "DeploymentSuccess"],
    ]);
  } finally {
    await fleet.close();
  }
});

test("a deployment that a person stops is told as stopped", async () => {
  await using hook = await startHook();
  const fleet = await Fleet.start(1);
  try {
    await listen(fleet, hook);
    const [host] = fleet.hosts;
    assert.ok(host);
    const waiting = version("1", {
      BeforeInstall: 'while [ ! -e "$HOST_DIR/go" ]; do sleep 0.1; done',
    });
    const id = await begin(fleet, fleet.bundle("v1", waiting));
    await until("the script", () => {
      try {
        return trace(host).includes("BeforeInstall 1");
      } catch (error) {
        // The file comes with the first script.
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
        throw error;
      }
    });
    const stopped = await fleet.runtime("stop", id);
    assert.equal(stopped.code, 0, stopped.stderr);
    writeFileSync(join(host.installRoot, "go"), "");
    await until("the end", () => toldOf(hook, id).includes("DeploymentStop"));
    const told = toldOf(hook, id);
    assert.deepEqual(told.slice(0, 2), ["DeploymentStart", "InstanceStart"]);
    assert.equal(told.at(-1), "DeploymentStop");
  } finally {
    await fleet.close();
  }
});
