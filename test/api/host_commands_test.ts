import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { PollOutput, type SignedOrder } from "../../core/wire/agent_protocol.ts";
import { openOrder, OrderRefused } from "../../core/wire/order_signature.ts";
import { deploymentGroups } from "../../core/store/schema.ts";
import { envelope, type Host, line } from "./host.ts";
import { nthDeployment, openShop, type Shop, START } from "./shop.ts";

const FIRST = nthDeployment(0);

test("a host without work is answered an empty object", async () => {
  await using shop = await openShop(1);
  const [web1] = shop.hosts;
  const { identifier: HostIdentifier } = web1!;
  assert.deepEqual(await web1!.call("PollHostCommand", { HostIdentifier }), {});
});

test("a poll hands out the command in CodeDeploy's members and the order beside it", async () => {
  await using shop = await openShop(1);
  const [web1] = shop.hosts;
  const deploymentId = await shop.deploy("v1.zip", { ignoreApplicationStopFailures: true });
  const { HostCommand, Order, ...rest } = await handout(web1!);
  const [group] = shop.context.store.read.select().from(deploymentGroups).all();
  assert.deepEqual(rest, {});
  assert.deepEqual(HostCommand, {
    HostCommandIdentifier: `${deploymentId}/web-1`,
    HostIdentifier: web1!.identifier,
    DeploymentExecutionId: `us-east-1/000000000000/${group!.id}/${deploymentId}`,
    CommandName: "RunLifecycleEvents",
    Nonce: shop.clock.now,
  });
  assert.equal(Order!.Format, "Ed25519/JSON");
  assert.deepEqual(openOrder(Order!, shop.serverKey), {
    commandId: `${deploymentId}/web-1`,
    hostIdentifier: web1!.identifier,
    nonce: shop.clock.now,
    issuedAt: shop.clock.now,
    expiresAt: shop.clock.now + 300_000,
    events: [...IN_PLACE_EVENTS],
    ignoreFailuresOf: ["ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"],
    specification: {
      DeploymentId: deploymentId,
      DeploymentGroupId: group!.id,
      DeploymentGroupName: "prod",
      ApplicationName: "shop",
      DeploymentCreator: "user",
      DeploymentType: "IN_PLACE",
      AppSpecFilename: "appspec.yml",
      AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: "DISALLOW" } },
      Revision: {
        RevisionType: "S3",
        S3Revision: {
          Bucket: "bundles",
          Key: "v1.zip",
          BundleType: "zip",
          Version: null,
          ETag: null,
        },
      },
    },
  });
});

test("an order opens with the key that hosts were given when they joined, and with no other", async () => {
  await using shop = await openShop(1);
  await shop.deploy("v1.zip");
  const { Order } = await handout(shop.hosts[0]!);
  const pinned = createPublicKey(shop.context.serverPublicKey);
  assert.equal(openOrder(Order!, pinned).commandId, `${FIRST}/web-1`);
  const stranger = generateKeyPairSync("ed25519").publicKey;
  assert.throws(() => openOrder(Order!, stranger), OrderRefused);
});

const forgeries: [what: string, forge: (order: SignedOrder) => Partial<SignedOrder>][] = [
  ["another host", ({ Payload }) => ({ Payload: Payload.replaceAll("web-1", "web-2") })],
  ["a greater number", ({ Payload }) => ({ Payload: Payload.replace('"nonce":1', '"nonce":9') })],
  ["another bundle", ({ Payload }) => ({ Payload: Payload.replace("v1.zip", "v2.zip") })],
  ["one space more", ({ Payload }) => ({ Payload: `${Payload} ` })],
  ["no signature", () => ({ Signature: "" })],
  ["a bit of the signature turned", ({ Signature }) => ({ Signature: turned(Signature) })],
];
for (const [what, forge] of forgeries) {
  test(`an order changed to ${what} does not open`, async () => {
    await using shop = await openShop(1);
    await shop.deploy("v1.zip");
    const { Order } = await handout(shop.hosts[0]!);
    const forged = { ...Order!, ...forge(Order!) };
    assert.notDeepEqual(forged, Order);
    assert.throws(() => openOrder(forged, shop.serverKey), OrderRefused);
  });
}

test("an order wakes the host it is for, and no other", async () => {
  await using shop = await openShop(2, {
    onPremisesInstanceTagFilters: [{ Key: "only", Value: "web-1", Type: "KEY_AND_VALUE" }],
  });
  const [web1, web2] = shop.hosts;
  const tags = [{ Key: "only", Value: "web-1" }];
  await shop.call("AddTagsToOnPremisesInstances", { instanceNames: ["web-1"], tags });
  const waiting = web1!.poll({ WaitSeconds: 20 });
  await shop.deploy("v1.zip");
  assert.equal((await waiting).HostCommand?.HostCommandIdentifier, `${FIRST}/web-1`);
  assert.deepEqual(await web2!.poll(), {});
});

test("a host that holds its order is not given it again", async () => {
  await using shop = await openShop(1);
  await shop.deploy("v1.zip");
  const { commandId } = await shop.hosts[0]!.take();
  shop.clock.now += 60_000;
  assert.deepEqual(await shop.hosts[0]!.poll({ Running: [commandId] }), {});
  const lost = await shop.hosts[0]!.poll();
  assert.equal(lost.HostCommand?.HostCommandIdentifier, commandId);
});

test("numbers of a host's orders grow", async () => {
  await using shop = await openShop(1);
  const nonces: number[] = [];
  for (const key of ["v1.zip", "v2.zip", "v3.zip"]) {
    const id = await shop.deploy(key);
    nonces.push((await shop.hosts[0]!.run()).nonce);
    await shop.ended(id);
  }
  const growing = nonces.every((nonce, at) => nonce > (nonces[at - 1] ?? START - 1));
  assert.ok(growing, nonces.join(", "));
});

test("reports are answered with whether the order is still wanted, and shown to people", async () => {
  await using shop = await openShop(1);
  const [web1] = shop.hosts;
  await shop.deploy("v1.zip");
  const { HostCommand } = await handout(web1!);
  const order = { commandId: HostCommand!.HostCommandIdentifier };
  const HostCommandIdentifier = order.commandId;
  const acknowledged = await web1!.call("PutHostCommandAcknowledgement", {
    HostCommandIdentifier,
    Diagnostics: envelope({ IsCommandNoop: false }),
  });
  assert.deepEqual(acknowledged, { CommandStatus: "InProgress" });
  assert.deepEqual(await web1!.update(order, "SR"), { CommandStatus: "InProgress" });
  assert.deepEqual(await states(shop), ["Succeeded", "InProgress", ...Array(5).fill("Pending")]);
  assert.deepEqual(await web1!.complete(order), {});
  assert.deepEqual(await states(shop), Array(7).fill("Succeeded"));
  await shop.ended(FIRST);
  assert.deepEqual(await web1!.poll(), {});
});

test("an end is taken without an acknowledgement", async () => {
  await using shop = await openShop(1);
  await shop.deploy("v1.zip");
  const { HostCommand } = await handout(shop.hosts[0]!);
  await shop.hosts[0]!.complete({ commandId: HostCommand!.HostCommandIdentifier });
  assert.equal((await shop.ended(FIRST)).status, "Succeeded");
});

test("an end without diagnostics is one, and what it leaves open has failed", async () => {
  await using shop = await openShop(1);
  await shop.deploy("v1.zip");
  const { commandId: HostCommandIdentifier } = await shop.hosts[0]!.take();
  const input = { HostCommandIdentifier, CommandStatus: "Succeeded" };
  await shop.hosts[0]!.call("PutHostCommandComplete", input);
  assert.equal((await shop.ended(FIRST)).status, "Failed");
  assert.equal((await states(shop))[0], "Failed");
});

test("reports that are repeated or late change nothing", async () => {
  await using shop = await openShop(2);
  const [web1, web2] = shop.hosts;
  await shop.deploy("v1.zip");
  const order = await web1!.take();
  await web1!.update(order, "SSR");
  await unchanged(shop, () => web1!.update(order, "SR"));
  await web1!.complete(order);
  await web2!.take();
  await unchanged(shop, () => web1!.complete(order));
  await unchanged(shop, () => web1!.complete(order, "SSF", [line("once more")]));
  assert.deepEqual(await unchanged(shop, () => web1!.update(order, "SSSR")), {
    CommandStatus: "Succeeded",
  });
  await web2!.complete({ commandId: `${FIRST}/web-2` });
  await shop.ended(FIRST);
  assert.deepEqual(await unchanged(shop, () => web1!.complete(order, "F")), {});
  assert.deepEqual(await unchanged(shop, () => web1!.update(order, "R")), {
    CommandStatus: "Failed",
  });
});

test("a host that has no order writes nothing into a deployment, log lines neither", async () => {
  await using shop = await openShop(2, { onPremisesInstanceTagFilters: [] });
  const [web1, web2] = shop.hosts;
  await shop.call("UpdateDeploymentGroup", {
    applicationName: "shop",
    currentDeploymentGroupName: "prod",
    onPremisesInstanceTagFilters: [{ Key: "only", Value: "1", Type: "KEY_AND_VALUE" }],
  });
  const tags = [{ Key: "only", Value: "1" }];
  await shop.call("AddTagsToOnPremisesInstances", { instanceNames: ["web-1"], tags });
  await shop.deploy("v1.zip");
  await web1!.take();
  const order = { commandId: `${FIRST}/web-2` };
  const answer = { CommandStatus: "Failed" };
  const spoken = () => web2!.update(order, "SR", [line("I am here too")]);
  assert.deepEqual(await unchanged(shop, spoken), answer);
  assert.deepEqual(
    await unchanged(shop, () => web2!.complete(order, "SSSSSSS", [line("bye")])),
    {},
  );
});

test("a host whose turn has not come writes nothing either", async () => {
  await using shop = await openShop(2);
  await shop.deploy("v1.zip");
  await shop.hosts[0]!.take();
  const early = { commandId: `${FIRST}/web-2` };
  await unchanged(shop, () => shop.hosts[1]!.update(early, "R", [line("early")]));
});

async function handout(host: Host): Promise<PollOutput> {
  return PollOutput.parse(await host.poll({ WaitSeconds: 20 }));
}

async function states(shop: Shop): Promise<string[]> {
  const { deploymentTarget } = await shop.call("GetDeploymentTarget", {
    deploymentId: FIRST,
    targetId: "web-1",
  });
  const { lifecycleEvents } = deploymentTarget.instanceTarget;
  return lifecycleEvents.map(({ status }: { status: string }) => status);
}

async function unchanged(shop: Shop, ask: () => Promise<unknown>): Promise<unknown> {
  const before = shop.dump();
  const answer = await ask();
  assert.deepEqual(shop.dump(), before);
  return answer;
}

function turned(signature: string): string {
  const first = signature.startsWith("A") ? "B" : "A";
  return first + signature.slice(1);
}
