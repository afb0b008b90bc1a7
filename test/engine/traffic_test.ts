/** In-place deployments behind a load balancer, from BeforeBlockTraffic to AfterAllowTraffic. @module */
import assert from "node:assert/strict";
import { HOST_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { balancedTest, carryOut, end, eventsOf, TestBalancer } from "./balanced_fleet.ts";

const IN_PLACE = {
  deploymentStyle: {
    deploymentType: "IN_PLACE",
    deploymentOption: "WITH_TRAFFIC_CONTROL",
  },
} as const;
const MIDDLE = "AfterBlockTraffic ApplicationStop DownloadBundle BeforeInstall Install " +
  "AfterInstall ApplicationStart ValidateService BeforeAllowTraffic";

balancedTest("spec 4.1 in place with a balancer: agent and server take turns", {
  hosts: 2,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  const id = await fleet.deploy("v1.zip");
  for (const host of ["web-1", "web-2"]) {
    assert.equal(await carryOut(fleet, host), "BeforeBlockTraffic");
    assert.equal(await carryOut(fleet, host), MIDDLE);
    assert.equal(await carryOut(fleet, host), "AfterAllowTraffic");
  }
  const { status } = await fleet.ended(id);
  assert.equal(status, "Succeeded");
  assert.deepEqual(balancer.asked, ["block web-1", "allow web-1", "block web-2", "allow web-2"]);
  const all = HOST_EVENTS.inPlaceBalanced.map((name) => `${name}:Succeeded`).join(" ");
  assert.equal(eventsOf(fleet, id, "web-1"), `Succeeded ${all}`);
});

balancedTest("a balancer that fails to block fails the host, with its words", {
  hosts: 2,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  balancer.broken.set("block web-1", "no server web-1 in backend web");
  const id = await fleet.deploy("v1.zip");
  await carryOut(fleet, "web-1");
  const { status, error } = await fleet.ended(id);
  assert.equal(status, "Failed");
  assert.match(error?.message ?? "", /web-1 failed BlockTraffic \(the balancer web did not block/);
  assert.match(error?.message ?? "", /no server web-1 in backend web/);
  assert.match(eventsOf(fleet, id, "web-1"), /BlockTraffic:Failed AfterBlockTraffic:Skipped/);
});

balancedTest("a balancer that does not answer fails the deployment before any host is touched", {
  hosts: 2,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  balancer.broken.set("check web-2", "connection refused");
  const id = await fleet.deploy("v1.zip");
  const { error } = await fleet.ended(id);
  assert.equal(fleet.show(id), "KK Failed ELB_INVALID_INSTANCE");
  assert.match(error?.message ?? "", /did not check web-2: connection refused/);
  assert.deepEqual(balancer.asked, []);
});

balancedTest("after a restart the balancer is asked again for what it had not answered", {
  hosts: 1,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  const id = await fleet.deploy("v1.zip");
  await carryOut(fleet, "web-1");
  await fleet.settled();
  fleet.restart();
  await carryOut(fleet, "web-1");
  await carryOut(fleet, "web-1");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
  assert.equal(balancer.blocked.size, 0);
});

balancedTest("a late word of an earlier leg changes nothing of a later one", {
  hosts: 1,
  ...IN_PLACE,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const first = await fleet.take("web-1");
  await end(fleet, first);
  const second = await fleet.take("web-1");
  await end(fleet, first, "BeforeBlockTraffic");
  await end(fleet, second);
  await end(fleet, second, "Install");
  await carryOut(fleet, "web-1");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

balancedTest("a stop ends the host after the leg it is at, whatever would follow", {
  hosts: 2,
  ...IN_PLACE,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.engine.stopDeployment(id, false);
  await end(fleet, order);
  await fleet.ended(id);
  assert.equal(fleet.show(id), "FK Stopped MANUAL_STOP");
  assert.match(eventsOf(fleet, id, "web-1"), /^Failed BeforeBlockTraffic:Failed BlockTraffic:Skip/);
});

const edge = new TestBalancer("edge");

balancedTest("a host that a later balancer does not block is let in again at the first", {
  hosts: 1,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  const first = await fleet.deploy("v1.zip");
  for (let leg = 0; leg < 3; leg++) await carryOut(fleet, "web-1");
  assert.equal((await fleet.ended(first)).status, "Succeeded");
  balancer.asked.length = 0;
  edge.broken.set("block web-1", "connection refused");
  const id = await fleet.deploy("v2.zip");
  await carryOut(fleet, "web-1");
  const { error } = await fleet.ended(id);
  assert.match(error?.message ?? "", /the balancer edge did not block web-1: connection refused/);
  assert.deepEqual(balancer.asked, ["block web-1", "allow web-1"]);
  assert.equal(balancer.blocked.size, 0);
  const failed = fleet.targets(id)[0]?.events.find(({ name }) => name === "BlockTraffic");
  assert.match(failed?.diagnostics?.message ?? "", /\nweb-1 gets its traffic as before\.$/);
}, [edge]);

const gate = new TestBalancer("gate");

balancedTest("a host that does not run what it should is not let in again", {
  hosts: 1,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  const first = await fleet.deploy("v1.zip");
  await carryOut(fleet, "web-1");
  await carryOut(fleet, "web-1", "ValidateService");
  await fleet.ended(first);
  balancer.asked.length = 0;
  gate.broken.set("block web-1", "connection refused");
  const id = await fleet.deploy("v2.zip");
  await carryOut(fleet, "web-1");
  await fleet.ended(id);
  assert.deepEqual(balancer.asked, ["block web-1"]);
}, [gate]);

balancedTest("a balancer that does not let a host in: the failure tells what it is left like", {
  hosts: 1,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  balancer.broken.set("allow web-1", "is DOWN after 60 s");
  const id = await fleet.deploy("v1.zip");
  await carryOut(fleet, "web-1");
  await carryOut(fleet, "web-1");
  await fleet.ended(id);
  const failed = fleet.targets(id)[0]?.events.find(({ status }) => status === "Failed");
  assert.equal(
    failed?.diagnostics?.message,
    "the balancer web did not allow web-1: is DOWN after 60 s\n" +
      "web-1 gets no traffic from web now, until a deployment to it lets it in. " +
      "See what the balancer says: runtime balancer try web --host web-1",
  );
});

balancedTest("a server that stops fails no host whose balancer has not answered", {
  hosts: 1,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  balancer.held = promise;
  await end(fleet, order);
  await fleet.settled();
  fleet.restart();
  await fleet.settled();
  assert.match(eventsOf(fleet, id, "web-1"), /^InProgress .* BlockTraffic:InProgress/);
  resolve();
  await carryOut(fleet, "web-1");
  await carryOut(fleet, "web-1");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

balancedTest("hosts are looked at before the first is touched, eight at a time", {
  hosts: 20,
  ...IN_PLACE,
}, async (fleet, balancer) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  balancer.held = promise;
  const id = await fleet.deploy("v1.zip");
  await fleet.settled();
  assert.equal(balancer.most, 8);
  balancer.held = undefined;
  balancer.broken.set("check web-9", "no such server").set("check web-12", "no such server");
  resolve();
  assert.match(
    (await fleet.ended(id)).error?.message ?? "",
    /did not check web-\d+: no such server/,
  );
});
