/** What somebody who watches a deployment is told, and when. @module */
import assert from "node:assert/strict";
import type { LogLine } from "../../core/wire/agent_protocol.ts";
import type { StreamEvent } from "../../core/wire/event_stream.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

/** `deployment InProgress`, `web-1 InProgress SR`, `log web-1 1 hello`. */
function show(event: StreamEvent): string {
  if (event.kind === "deployment") return `deployment ${event.status}`;
  if (event.kind === "log") {
    return `log ${event.targetId} ${event.sequence} ${
      event.lines.map(({ text }) => text).join(" ")
    }`;
  }
  const begun = event.events.filter(({ status }) => status !== "Pending");
  const letters = begun.map(({ status }) => status === "InProgress" ? "R" : status[0]).join("");
  return `${event.targetId} ${event.status} ${letters}`.trim();
}

function watch(fleet: Fleet, id: string) {
  const told: string[] = [];
  const watching = fleet.engine.watch(id, (event) => {
    told.push(show(event));
    const { status } = fleet.engine.deployment(id);
    if (event.kind === "deployment") {
      assert.equal(event.status, status, "told before it is on disk");
    }
  });
  return { ...watching, told };
}

const line = (text: string): LogLine => ({
  event: "ApplicationStop",
  stream: "stdout",
  at: 0,
  text,
});

fleetTest("a watcher is told what is, then every change after its commit, then the end", {
  hosts: 2,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  const { now, ended, told, stop } = watch(fleet, id);
  assert.equal(ended, false);
  assert.deepEqual(now.map(show), ["deployment InProgress", "web-1 InProgress", "web-2 Pending"]);
  await fleet.progress(order, "SR", [line("hello")]);
  assert.deepEqual(told.splice(0).toSorted(), [
    "deployment InProgress",
    "log web-1 1 hello",
    "web-1 InProgress SR",
  ]);
  await fleet.finish(order);
  assert.deepEqual(told.splice(0), [
    "web-1 Succeeded SSSSSSS",
    "web-2 InProgress",
    "deployment InProgress",
  ]);
  await fleet.run("web-2");
  assert.equal(told.at(-1), "deployment Succeeded");
  assert.equal(told.filter((event) => event === "deployment Succeeded").length, 1);
  stop();
});

fleetTest(
  "a deployment that has ended is told as it is in the store",
  { hosts: 1 },
  async (fleet) => {
    const id = await fleet.succeed("v1.zip", "web-1");
    const { now, ended, stop } = watch(fleet, id);
    stop();
    assert.equal(ended, true);
    assert.deepEqual(now.map(show), ["web-1 Succeeded SSSSSSS", "deployment Succeeded"]);
  },
);

fleetTest(
  "a deployment that fails before it begins is not taken for ended too early",
  { hosts: 0 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const { now, ended, told, stop } = watch(fleet, id);
    assert.equal(ended, false);
    assert.deepEqual(now.map(show), ["deployment Created"]);
    await fleet.ended(id);
    stop();
    assert.deepEqual(told, ["deployment Failed"]);
  },
);

fleetTest("a stop in that moment does not make it end twice", { hosts: 0 }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const { told, stop } = watch(fleet, id);
  assert.equal((await fleet.engine.stopDeployment(id, true)).status, "Succeeded");
  await fleet.ended(id);
  await fleet.settled();
  stop();
  assert.deepEqual(told, ["deployment Failed"]);
});

fleetTest("who has stopped listening is told nothing", { hosts: 1 }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const { told, stop } = watch(fleet, id);
  stop();
  await fleet.run("web-1");
  assert.deepEqual(told, []);
});

fleetTest("log lines keep their number over a restart", { hosts: 1 }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.progress(order, "R", [line("one")]);
  fleet.restart();
  const { told, stop } = watch(fleet, id);
  await fleet.progress(order, "R", [line("two"), line("three")]);
  stop();
  assert.deepEqual(told, ["log web-1 2 two three"]);
});
