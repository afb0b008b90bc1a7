/** ReportRefusedOrder: what a host says of an order that it does not carry out, and whom it harms. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EXTENSION_HEADER,
  RefusalReason,
  REFUSE_OPERATION,
} from "../../core/wire/agent_protocol.ts";
import { GetDeploymentLogsOutput, RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import type { Host } from "./host.ts";
import { nthDeployment, openShop, type Shop } from "./shop.ts";

const FIRST = nthDeployment(0);
const BOTH = { deploymentConfigName: "CodeDeployDefault.AllAtOnce" };

function refuse(host: Host, changes: object = {}) {
  return host.call(REFUSE_OPERATION, {
    HostIdentifier: host.identifier,
    HostCommandIdentifier: `${FIRST}/${host.name}`,
    Reason: "expired",
    Message: "the order expired at noon",
    ...changes,
  });
}

async function firstEvent(shop: Shop, targetId: string) {
  const { deploymentTarget } = await shop.call("GetDeploymentTarget", {
    deploymentId: FIRST,
    targetId,
  });
  const { status, lifecycleEvents: [event] } = deploymentTarget.instanceTarget;
  return { status, event };
}

for (const Reason of RefusalReason.options) {
  test(`an order refused as ${Reason} fails at once, and deployment, event and log say why`, async () => {
    await using shop = await openShop(1);
    await shop.deploy("v1.zip");
    const [web1] = shop.hosts;
    assert.ok((await web1!.poll({ WaitSeconds: 20 })).Order);
    assert.deepEqual(await refuse(web1!, { Reason, Message: "it cannot be" }), {});
    const said = `The agent did not begin the order: it cannot be (${Reason})`;
    const info = await shop.ended(FIRST);
    assert.equal(info.status, "Failed");
    assert.ok(info.errorInformation.message.includes(said), info.errorInformation.message);
    const { status, event } = await firstEvent(shop, "web-1");
    assert.equal(status, "Failed");
    assert.equal(event.diagnostics.message, said);
    assert.equal(event.diagnostics.errorCode, "UnknownError");
    const { chunks } = GetDeploymentLogsOutput.parse(
      await shop.target(RUNTIME_TARGET_PREFIX + "GetDeploymentLogs", { deploymentId: FIRST }),
    );
    assert.deepEqual(chunks.flatMap(({ lines }) => lines.map(({ text }) => text)), [said]);
    assert.deepEqual(await web1!.poll(), {}, "it is not handed out again");
  });
}

type Say = (shop: Shop) => Promise<unknown>;
const harmless: [what: string, say: Say][] = [
  [
    "of another host's order",
    ({ hosts: [, web2] }) => refuse(web2!, { HostCommandIdentifier: `${FIRST}/web-1` }),
  ],
  [
    "of an order that never was",
    ({ hosts: [web1] }) => refuse(web1!, { HostCommandIdentifier: `${nthDeployment(9)}/web-1` }),
  ],
  [
    "of what is no order's name",
    ({ hosts: [web1] }) => refuse(web1!, { HostCommandIdentifier: "x" }),
  ],
  [
    "of an order without a name",
    ({ hosts: [web1] }) => refuse(web1!, { HostCommandIdentifier: undefined }),
  ],
];
for (const [what, say] of harmless) {
  test(`a refusal ${what} is heard and changes nothing`, async () => {
    await using shop = await openShop(2, BOTH);
    await shop.deploy("v1.zip");
    const [web1, web2] = shop.hosts;
    for (const host of [web1, web2]) assert.ok((await host!.poll({ WaitSeconds: 20 })).Order);
    const before = shop.dump();
    assert.deepEqual(await say(shop), {});
    assert.deepEqual(shop.dump(), before);
  });
}

for (const [what, letters] of [["acknowledged", ""], ["begun", "R"]] as const) {
  test(`a refusal of an order that was ${what} was of a copy, and changes nothing`, async () => {
    await using shop = await openShop(1);
    await shop.deploy("v1.zip");
    const [web1] = shop.hosts;
    const order = await web1!.take();
    if (letters !== "") await web1!.update(order, letters);
    const before = shop.dump();
    await refuse(web1!, { Reason: "replayed" });
    assert.deepEqual(shop.dump(), before);
    await web1!.complete(order);
    assert.equal((await shop.ended(FIRST)).status, "Succeeded");
  });
}

test("a refusal in another host's name is refused itself", async () => {
  await using shop = await openShop(2, BOTH);
  await shop.deploy("v1.zip");
  const [web1, web2] = shop.hosts;
  assert.ok((await web1!.poll({ WaitSeconds: 20 })).Order);
  const forge = () =>
    web2!.call(REFUSE_OPERATION, {
      HostIdentifier: web1!.identifier,
      HostCommandIdentifier: `${FIRST}/web-1`,
      Reason: "expired",
      Message: "forged",
    });
  await shop.refusal(forge, "AccessDeniedException", /HostIdentifier.*web-2/);
});

test("an order that comes again has a new end", async () => {
  await using shop = await openShop(1);
  await shop.deploy("v1.zip");
  const ends: number[] = [];
  for (let time = 0; time < 2; time++) {
    const { Order } = await shop.hosts[0]!.poll({ WaitSeconds: 20 });
    ends.push(JSON.parse(Order!.Payload).expiresAt - shop.clock.now);
    shop.clock.now += 60_000;
  }
  assert.deepEqual(ends, [300_000, 300_000]);
});

test("the header that announces our additions comes back, and only then", async () => {
  await using shop = await openShop(1);
  const seen: (string | null)[] = [];
  const listening: Shop["fetch"] = Object.assign(
    async (...request: Parameters<typeof fetch>) => {
      const response = await shop.fetch(...request);
      seen.push(response.headers.get(EXTENSION_HEADER));
      return response;
    },
    { preconnect() {} },
  );
  const [web1] = shop.hosts;
  const heard = web1!.through(listening);
  await heard.poll();
  heard.isOurs = false;
  // Nothing waits for it, and a stock poll is held: the answer comes when the server closes.
  const waiting = heard.poll();
  shop.engine.close();
  await waiting;
  assert.deepEqual(seen, ["1", null]);
});
