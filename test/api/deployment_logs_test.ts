import assert from "node:assert/strict";
import { test } from "node:test";
import { insertLogChunk } from "../../core/store/log_chunks.ts";
import { GetDeploymentLogsOutput, RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { line } from "./host.ts";
import { nthDeployment, openShop, type Shop } from "./shop.ts";

const FIRST = nthDeployment(0);
const TARGET = RUNTIME_TARGET_PREFIX + "GetDeploymentLogs";
/** Chunks of a page. */
const PAGE = 500;

async function logs(shop: Shop, input: object = {}) {
  const answer = await shop.target(TARGET, { deploymentId: FIRST, ...input }, "viewer");
  return GetDeploymentLogsOutput.parse(answer);
}

test("lines are answered in the order they came, per host if asked, with updates and the end", async () => {
  await using shop = await openShop(2, { deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
  const [web1, web2] = shop.hosts;
  await shop.deploy("v1.zip");
  assert.deepEqual(await logs(shop), { chunks: [] });
  const orders = [await web1!.take(), await web2!.take()] as const;
  await web1!.update(orders[0], "R", [line("one"), line("two")]);
  await web2!.update(orders[1], "R", [line("other")]);
  await web1!.complete(orders[0], "SSSSSSS", [line("three")]);
  const chunks = [
    { sequence: 1, targetId: "web-1", lines: [line("one"), line("two")] },
    { sequence: 2, targetId: "web-2", lines: [line("other")] },
    { sequence: 3, targetId: "web-1", lines: [line("three")] },
  ];
  assert.deepEqual(await logs(shop), { chunks });
  assert.deepEqual(await logs(shop, { after: 1 }), { chunks: chunks.slice(1) });
  assert.deepEqual(await logs(shop, { targetId: "web-2" }), { chunks: [chunks[1]] });
  assert.deepEqual(await logs(shop, { targetId: "web-1", after: 1 }), { chunks: [chunks[2]] });
  assert.deepEqual(await logs(shop, { after: 3 }), { chunks: [] });
  assert.deepEqual(await logs(shop, { targetId: "web-9" }), { chunks: [] });
});

test("lines stay after the end of the deployment", async () => {
  await using shop = await openShop(1);
  await shop.deploy("v1.zip");
  const order = await shop.hosts[0]!.take();
  await shop.hosts[0]!.complete(order, "F", [line("no")]);
  await shop.ended(FIRST);
  const { chunks } = await logs(shop);
  assert.deepEqual(chunks.map(({ lines }) => lines), [[line("no")]]);
});

test("pages follow each other without a gap although lines come in between", async () => {
  await using shop = await openShop(0);
  await shop.deploy("v1.zip");
  await shop.ended(FIRST);
  await put(shop, 1, PAGE + 1, "web-1");
  const first = await logs(shop);
  assert.equal(first.chunks.length, PAGE);
  assert.equal(first.next, PAGE);
  await put(shop, PAGE + 2, 1, "web-1");
  const second = await logs(shop, { after: first.next });
  assert.deepEqual(second.chunks.map(({ sequence }) => sequence), [PAGE + 1, PAGE + 2]);
  assert.equal("next" in second, false);
});

test("a page that ends with a host's last lines is the last, whatever others printed later", async () => {
  await using shop = await openShop(0);
  await shop.deploy("v1.zip");
  await shop.ended(FIRST);
  await put(shop, 1, PAGE, "web-1");
  assert.equal("next" in await logs(shop), false);
  await put(shop, PAGE + 1, 1, "web-2");
  const page = await logs(shop, { targetId: "web-1" });
  assert.equal(page.chunks.length, PAGE);
  assert.equal("next" in page, false);
  assert.equal((await logs(shop)).next, PAGE);
});

const refusals: [input: object, type: string][] = [
  [{ deploymentId: undefined }, "DeploymentIdRequiredException"],
  [{ deploymentId: "d-1" }, "InvalidDeploymentIdException"],
  [{ deploymentId: "d-ZZZZZZZZZ" }, "DeploymentDoesNotExistException"],
  [{ after: -1 }, "InvalidInputException"],
  [{ after: 1.5 }, "InvalidInputException"],
  [{ after: "1" }, "SerializationException"],
  [{ targetId: 7 }, "SerializationException"],
];
for (const [input, type] of refusals) {
  test(`GetDeploymentLogs refuses ${JSON.stringify(input)} as ${type}`, async () => {
    await using shop = await openShop(0);
    await shop.deploy("v1.zip");
    await shop.ended(FIRST);
    await shop.refusal(() => logs(shop, input), type);
  });
}

async function put(shop: Shop, from: number, count: number, targetId: string): Promise<void> {
  await shop.context.store.commit((tx) => {
    for (let sequence = from; sequence < from + count; sequence++) {
      insertLogChunk(tx, FIRST, { sequence, targetId, lines: "[]" });
    }
  });
}
