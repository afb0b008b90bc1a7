import assert from "node:assert/strict";
import { test } from "node:test";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { LIMITS } from "../../core/domain/limits.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import type { Target } from "../../core/domain/target.ts";
import { insertTargets, updateTarget } from "../../core/store/targets.ts";
import { request } from "../rollout/letters.ts";
import { type Refusal, testRefusalsOf } from "./refusals.ts";
import { nthDeployment, openShop, putDeployment, type Shop, START } from "./shop.ts";

const FIRST = nthDeployment(0);

/** Three hosts: one is done, one at work, one waits. */
async function openStarted(): Promise<Shop> {
  const shop = await openShop(3);
  await shop.deploy("v1.zip");
  await shop.hosts[0]!.run();
  await shop.hosts[1]!.take();
  return shop;
}

test("an instance is the target under its older names", async () => {
  await using shop = await openStarted();
  const { instanceSummary } = await shop.call("GetDeploymentInstance", of({ instanceId: "web-1" }));
  const target = await shop.call("GetDeploymentTarget", of({ targetId: "web-1" }));
  const { targetId, targetArn: _arn, ...rest } = target.deploymentTarget.instanceTarget;
  assert.deepEqual(instanceSummary, { ...rest, instanceId: targetId });
  assert.equal(instanceSummary.status, "Succeeded");
  assert.equal(instanceSummary.lifecycleEvents.length, IN_PLACE_EVENTS.length);
});

test("BatchGetDeploymentInstances answers in the order asked, and tells which ids it has not", async () => {
  await using shop = await openStarted();
  const known = await shop.call(
    "BatchGetDeploymentInstances",
    of({ instanceIds: ["web-3", "web-1"] }),
  );
  const ids = known.instancesSummary.map((one: { instanceId: string }) => one.instanceId);
  assert.deepEqual(ids, ["web-3", "web-1"]);
  assert.equal("errorMessage" in known, false);
  const mixed = await shop.call(
    "BatchGetDeploymentInstances",
    of({ instanceIds: ["gone-1", "web-1", "gone-2", "gone-1"] }),
  );
  assert.deepEqual(mixed.instancesSummary, [known.instancesSummary[1]]);
  assert.match(mixed.errorMessage, /no instance gone-1, gone-2$/);
});

const filtered: [what: string, input: object, expected: string[]][] = [
  ["nothing", {}, ["web-1", "web-2", "web-3"]],
  ["empty lists", { instanceStatusFilter: [], instanceTypeFilter: [] }, [
    "web-1",
    "web-2",
    "web-3",
  ]],
  ["one status", { instanceStatusFilter: ["Pending"] }, ["web-3"]],
  ["two statuses", { instanceStatusFilter: ["Succeeded", "InProgress"] }, ["web-1", "web-2"]],
  ["a status that none has", { instanceStatusFilter: ["Ready"] }, []],
];
for (const [what, input, expected] of filtered) {
  test(`instances are listed in the order hosts are taken, filtered by ${what}`, async () => {
    await using shop = await openStarted();
    assert.deepEqual(await shop.call("ListDeploymentInstances", of(input)), {
      instancesList: expected,
    });
  });
}

test("instances of a blue/green deployment are Blue or Green, and listed by it", async () => {
  await using shop = await openShop(0);
  const style = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } as const;
  const blueGreen = { ...request(), style };
  await putDeployment(shop, { id: FIRST, status: "InProgress", request: blueGreen });
  const labelled = (n: number, label: "Blue" | "Green"): Target => ({ ...target(n), label });
  await shop.context.store.commit((tx) =>
    insertTargets(tx, FIRST, [labelled(1, "Green"), labelled(2, "Blue"), labelled(3, "Green")])
  );
  const types = { instanceTypeFilter: ["Green"] };
  assert.deepEqual(await shop.call("ListDeploymentInstances", of(types)), {
    instancesList: [name(1), name(3)],
  });
  const targetFilters = { ServerInstanceLabel: ["Blue"], TargetStatus: ["InProgress"] };
  assert.deepEqual(await shop.call("ListDeploymentTargets", of({ targetFilters })), {
    targetIds: [name(2)],
  });
  const instance = await shop.call("GetDeploymentInstance", of({ instanceId: name(2) }));
  assert.equal(instance.instanceSummary.instanceType, "Blue");
  const { deploymentTarget } = await shop.call(
    "GetDeploymentTarget",
    of({ targetId: name(1) }),
  );
  assert.equal(deploymentTarget.instanceTarget.instanceLabel, "Green");
});

const name = (n: number) => `web-${String(n).padStart(3, "0")}`;
const target = (n: number): Target => ({
  id: name(n),
  status: "InProgress",
  events: [],
  lastUpdated: START,
});

test("pages of a status go on after instances that left it", async () => {
  await using shop = await openShop(0);
  await putDeployment(shop, { id: FIRST, status: "InProgress" });
  const all = Array.from({ length: AWS_QUOTAS.page + 20 }, (_, n) => target(n));
  await shop.context.store.commit((tx) => insertTargets(tx, FIRST, all));
  const input = of({ instanceStatusFilter: ["InProgress"] });
  const pages = await shop.pages("ListDeploymentInstances", input, async () => {
    await shop.context.store.commit((tx) => {
      for (const one of all.slice(0, 50)) updateTarget(tx, FIRST, { ...one, status: "Failed" });
    });
  });
  assert.deepEqual(pages.map(({ instancesList }) => instancesList.length), [AWS_QUOTAS.page, 20]);
  const listed = pages.flatMap(({ instancesList }) => instancesList);
  assert.deepEqual(listed, all.map(({ id }) => id));
});

const operations: [operation: string, input: object][] = [
  ["GetDeploymentInstance", { instanceId: "web-1" }],
  ["BatchGetDeploymentInstances", { instanceIds: ["web-1"] }],
  ["ListDeploymentInstances", {}],
];
for (const [operation, input] of operations) {
  test(`${operation} does not know the targets of ECS`, async () => {
    await using shop = await openShop(0);
    const ecs = { ...request(), computePlatform: "ECS" } as const;
    await putDeployment(shop, { id: FIRST, status: "InProgress", request: ecs });
    await shop.refuses(operation, of(input), "InvalidComputePlatformException", /ECS/);
  });
}

test("the instances of a deployment that has not started are not known yet", async () => {
  await using shop = await openShop(0);
  await putDeployment(shop, { id: FIRST, status: "Created" });
  await shop.refuses("ListDeploymentInstances", of({}), "DeploymentNotStartedException");
  const one = of({ instanceId: "web-1" });
  await shop.refuses("GetDeploymentInstance", one, "InstanceDoesNotExistException");
});

const of = (input: object) => ({ deploymentId: FIRST, ...input });
const ids = Array.from({ length: LIMITS.batch + 1 }, (_, n) => name(n));
const refusals: Refusal[] = [
  ...operations.flatMap(([operation, rest]): Refusal[] => [
    [operation, rest, "DeploymentIdRequired"],
    [operation, { ...rest, deploymentId: "d-1" }, "InvalidDeploymentId"],
    [operation, { ...rest, deploymentId: "d-ZZZZZZZZZ" }, "DeploymentDoesNotExist"],
  ]),
  ["GetDeploymentInstance", of({}), "InstanceIdRequired"],
  ["GetDeploymentInstance", of({ instanceId: "" }), "InstanceIdRequired"],
  ["GetDeploymentInstance", of({ instanceId: "a b" }), "InvalidInstanceName"],
  ["GetDeploymentInstance", of({ instanceId: "web-9" }), "InstanceDoesNotExist", /web-9/],
  ["BatchGetDeploymentInstances", of({ instanceIds: [] }), "InstanceIdRequired"],
  ["BatchGetDeploymentInstances", of({ instanceIds: [""] }), "InvalidInstanceName"],
  ["BatchGetDeploymentInstances", of({ instanceIds: ids }), "BatchLimitExceeded"],
  ["BatchGetDeploymentInstances", of({ instanceIds: "web-1" }), "Serialization"],
  ["ListDeploymentInstances", of({ instanceStatusFilter: ["Done"] }), "InvalidInstanceStatus"],
  ["ListDeploymentInstances", of({ instanceTypeFilter: ["Purple"] }), "InvalidInstanceType"],
  [
    "ListDeploymentInstances",
    of({ instanceTypeFilter: ["Blue"] }),
    "InvalidDeploymentInstanceType",
  ],
  ["ListDeploymentInstances", of({ nextToken: "garbage" }), "InvalidNextToken"],
];
testRefusalsOf(refusals, openStarted);
