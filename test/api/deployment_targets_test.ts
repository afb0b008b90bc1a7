import assert from "node:assert/strict";
import { test } from "node:test";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { LIMITS } from "../../core/domain/limits.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { instances } from "../../core/store/schema.ts";
import { envelope } from "./host.ts";
import { type Refusal, testRefusalsOf } from "./refusals.ts";
import { nthDeployment, openShop, putDeployment, type Shop, START, TAG } from "./shop.ts";
import type { Answer } from "./test_api.ts";

const FIRST = nthDeployment(0);
const CREATED = (START + 1_000) / 1_000;

const pending = (lifecycleEventName: string) => ({ lifecycleEventName, status: "Pending" });

test("a target shows its host, and every event as Pending from the start", async () => {
  await using shop = await openShop(1);
  const deploymentId = await shop.deploy("v1.zip");
  await shop.hosts[0]!.take();
  const { instanceInfo } = await shop.call("GetOnPremisesInstance", { instanceName: "web-1" });
  const input = { deploymentId, targetId: "web-1" };
  assert.deepEqual(await shop.call("GetDeploymentTarget", input), {
    deploymentTarget: {
      deploymentTargetType: "InstanceTarget",
      instanceTarget: {
        deploymentId,
        targetId: "web-1",
        targetArn: instanceInfo.instanceArn,
        status: "InProgress",
        lastUpdatedAt: CREATED,
        lifecycleEvents: IN_PLACE_EVENTS.map(pending),
      },
    },
  });
});

test("events carry epoch seconds, and diagnostics under the API's names once they are known", async () => {
  await using shop = await openShop(1);
  const [web1] = shop.hosts;
  const deploymentId = await shop.deploy("v1.zip");
  const { commandId } = await web1!.take();
  const at = shop.clock.now;
  await web1!.call("PutHostCommandComplete", {
    HostCommandIdentifier: commandId,
    CommandStatus: "Failed",
    Diagnostics: envelope({
      error_code: 4,
      events: [{
        name: "ApplicationStop",
        status: "Succeeded",
        startTime: at + 250,
        endTime: at + 1_500,
      }, {
        name: "DownloadBundle",
        status: "Failed",
        startTime: at + 1_500,
        endTime: at + 2_000,
        diagnostics: {
          error_code: 4,
          script_name: "stop.sh",
          message: "exit 1",
          log: "[stderr]no",
        },
      }],
    }),
  });
  await shop.ended(deploymentId);
  const input = { deploymentId, targetIds: ["web-1"] };
  const { deploymentTargets } = await shop.call("BatchGetDeploymentTargets", input);
  const { status, lifecycleEvents } = deploymentTargets[0].instanceTarget;
  assert.equal(status, "Failed");
  assert.deepEqual(lifecycleEvents.slice(0, 3), [{
    lifecycleEventName: "ApplicationStop",
    status: "Succeeded",
    startTime: CREATED + 0.25,
    endTime: CREATED + 1.5,
  }, {
    lifecycleEventName: "DownloadBundle",
    status: "Failed",
    startTime: CREATED + 1.5,
    endTime: CREATED + 2,
    diagnostics: {
      errorCode: "ScriptFailed",
      scriptName: "stop.sh",
      message: "exit 1",
      logTail: "[stderr]no",
    },
  }, { lifecycleEventName: "BeforeInstall", status: "Skipped" }]);
});

test("BatchGetDeploymentTargets answers in the order asked, as GetDeploymentTarget does", async () => {
  await using shop = await openShop(3);
  const deploymentId = await shop.deploy("v1.zip");
  await shop.hosts[0]!.take();
  const targetIds = ["web-3", "web-1"];
  const { deploymentTargets } = await shop.call("BatchGetDeploymentTargets", {
    deploymentId,
    targetIds,
  });
  const single = [];
  for (const targetId of targetIds) {
    const answer = await shop.call("GetDeploymentTarget", { deploymentId, targetId });
    single.push(answer.deploymentTarget);
  }
  assert.deepEqual(deploymentTargets, single);
  assert.deepEqual(single.map(({ instanceTarget }) => instanceTarget.status), [
    "Pending",
    "InProgress",
  ]);
});

test("a target keeps its id and an ARN when its host has been deregistered", async () => {
  await using shop = await openShop(1);
  const deploymentId = await shop.deploy("v1.zip");
  await shop.hosts[0]!.run();
  await shop.ended(deploymentId);
  const input = { deploymentId, targetId: "web-1" };
  const before = await shop.call("GetDeploymentTarget", input);
  await shop.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  assert.deepEqual(await shop.call("GetDeploymentTarget", input), before);
});

const filtered: [what: string, targetFilters: object | undefined, expected: string[]][] = [
  ["none", undefined, ["web-1", "web-2", "web-3"]],
  ["an empty map", {}, ["web-1", "web-2", "web-3"]],
  ["one status", { TargetStatus: ["Pending"] }, ["web-3"]],
  ["two statuses", { TargetStatus: ["Succeeded", "InProgress"] }, ["web-1", "web-2"]],
  ["a status that none has", { TargetStatus: ["Ready"] }, []],
  ["an empty list", { TargetStatus: [], ServerInstanceLabel: [] }, ["web-1", "web-2", "web-3"]],
];
for (const [what, targetFilters, expected] of filtered) {
  test(`targets are listed in the order hosts are taken, filtered by ${what}`, async () => {
    await using shop = await openStarted();
    const input = { deploymentId: FIRST, targetFilters };
    assert.deepEqual(await shop.call("ListDeploymentTargets", input), { targetIds: expected });
  });
}

test("pages of targets hold each target once, although hosts join and report meanwhile", async () => {
  await using shop = await openShop(0, { deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
  const count = 2 * AWS_QUOTAS.page + 5;
  await register(shop, 0, count);
  const deploymentId = await shop.deploy("v1.zip");
  await started(shop, deploymentId);
  let next = count;
  const pages = await shop.pages("ListDeploymentTargets", { deploymentId }, async (page) => {
    await register(shop, next++, 1);
    await end(shop, deploymentId, page.targetIds[0]);
  });
  const sizes = pages.map(({ targetIds }) => targetIds.length);
  assert.deepEqual(sizes, [AWS_QUOTAS.page, AWS_QUOTAS.page, 5]);
  assert.equal("nextToken" in pages.at(-1), false);
  const listed = pages.flatMap(({ targetIds }) => targetIds);
  const expected = Array.from({ length: count }, (_, n) => name(n));
  assert.deepEqual(listed.toSorted(), expected);
  const { targetIds } = await shop.call("ListDeploymentTargets", { deploymentId });
  assert.deepEqual(targetIds, listed.slice(0, AWS_QUOTAS.page));
});

test("pages of a status go on after targets that left it", async () => {
  await using shop = await openShop(0, { deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
  const count = AWS_QUOTAS.page + 20;
  await register(shop, 0, count);
  const deploymentId = await shop.deploy("v1.zip");
  await started(shop, deploymentId);
  const targetFilters = { TargetStatus: ["InProgress"] };
  const input = { deploymentId, targetFilters };
  const pages = await shop.pages("ListDeploymentTargets", input, async ({ targetIds }) => {
    for (const id of targetIds.slice(0, 50)) await end(shop, deploymentId, id);
  });
  assert.deepEqual(pages.map(({ targetIds }) => targetIds.length), [AWS_QUOTAS.page, 20]);
  const listed: string[] = pages.flatMap(({ targetIds }) => targetIds);
  assert.equal(new Set(listed).size, count);
});

for (const status of ["Created", "Queued"] as const) {
  const inputs: [operation: string, input: object][] = [
    ["ListDeploymentTargets", {}],
    ["GetDeploymentTarget", { targetId: "web-1" }],
    ["BatchGetDeploymentTargets", { targetIds: ["web-1"] }],
  ];
  for (const [operation, input] of inputs) {
    test(`${operation} is refused while the deployment is ${status}`, async () => {
      await using shop = await openShop(0);
      await putDeployment(shop, { id: FIRST, status });
      const type = "DeploymentNotStartedException";
      await shop.refuses(operation, { deploymentId: FIRST, ...input }, type, new RegExp(status));
    });
  }
}

/** Three hosts: one is done, one at work, one waits. */
async function openStarted(): Promise<Shop> {
  const shop = await openShop(3);
  await shop.deploy("v1.zip");
  await shop.hosts[0]!.run();
  await shop.hosts[1]!.take();
  return shop;
}

const of = (input: object) => ({ deploymentId: FIRST, ...input });
const filter = (targetFilters: object) => of({ targetFilters });
const deploymentIds = (operation: string, rest: object): Refusal[] => [
  [operation, rest, "DeploymentIdRequired"],
  [operation, { ...rest, deploymentId: "" }, "DeploymentIdRequired"],
  [operation, { ...rest, deploymentId: "d-1" }, "InvalidDeploymentId"],
  [operation, { ...rest, deploymentId: 7 }, "Serialization"],
  [operation, { ...rest, deploymentId: "d-ZZZZZZZZZ" }, "DeploymentDoesNotExist", /d-ZZZZZZZZZ/],
];
const targetIds = Array.from({ length: LIMITS.batchTargets + 1 }, (_, n) => `web-${n}`);
testRefusalsOf([
  ...deploymentIds("ListDeploymentTargets", {}),
  ...deploymentIds("GetDeploymentTarget", { targetId: "web-1" }),
  ...deploymentIds("BatchGetDeploymentTargets", { targetIds: ["web-1"] }),
  ["GetDeploymentTarget", of({}), "DeploymentTargetIdRequired"],
  ["GetDeploymentTarget", of({ targetId: "" }), "DeploymentTargetIdRequired"],
  ["GetDeploymentTarget", of({ targetId: ["web-1"] }), "Serialization"],
  ["GetDeploymentTarget", of({ targetId: "web-9" }), "DeploymentTargetDoesNotExist", /web-9/],
  ["BatchGetDeploymentTargets", of({}), "DeploymentTargetIdRequired"],
  ["BatchGetDeploymentTargets", of({ targetIds: [] }), "DeploymentTargetIdRequired"],
  ["BatchGetDeploymentTargets", of({ targetIds: [""] }), "InvalidDeploymentTargetId"],
  ["BatchGetDeploymentTargets", of({ targetIds: "web-1" }), "Serialization"],
  [
    "BatchGetDeploymentTargets",
    of({ targetIds: ["web-1", "web-9"] }),
    "DeploymentTargetDoesNotExist",
    /web-9/,
  ],
  ["BatchGetDeploymentTargets", of({ targetIds }), "DeploymentTargetListSizeExceeded"],
  ["ListDeploymentTargets", filter({ Status: ["Failed"] }), "InvalidTargetFilterName", /Status/],
  ["ListDeploymentTargets", filter({ TargetStatus: ["Done"] }), "InvalidInstanceStatus", /Done/],
  ["ListDeploymentTargets", filter({ TargetStatus: "Failed" }), "Serialization"],
  [
    "ListDeploymentTargets",
    filter({ ServerInstanceLabel: ["Blue"] }),
    "InvalidDeploymentInstanceType",
  ],
  [
    "ListDeploymentTargets",
    filter({ ServerInstanceLabel: ["Purple"] }),
    "InvalidInstanceType",
    /Purple/,
  ],
  ["ListDeploymentTargets", of({ nextToken: "garbage" }), "InvalidNextToken"],
  ["ListDeploymentTargets", of({ nextToken: "" }), "InvalidNextToken"],
  ["ListDeploymentTargets", of({ nextToken: btoa('"a"') }), "InvalidNextToken"],
], openStarted);

const name = (n: number) => `web-${String(n).padStart(3, "0")}`;

/** Hosts by their rows, where hundreds of them would take long to join. */
async function register(shop: Shop, from: number, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => ({
    name: name(from + n),
    arn: `arn:aws:codedeploy:us-east-1:000000000000:instance/${name(from + n)}`,
    iamUserArn: `arn:aws:iam::000000000000:user/${name(from + n)}`,
    registerTime: START,
    tags: [TAG],
  }));
  await shop.context.store.commit((tx) => tx.insert(instances).values(rows).run());
}

/** Reads the stream until the deployment runs. */
async function started(shop: Shop, id: string): Promise<void> {
  const response = await shop.events(id);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let told = "";
  while (!told.includes('"targetId"')) {
    const { value, done }: Answer = await reader.read();
    assert.ok(!done, `${id} ended without targets: ${told}`);
    told += value;
  }
  await reader.cancel();
  await shop.context.store.commit(() => {});
}

/** A host's end, told to the engine itself. */
async function end(shop: Shop, deploymentId: string, targetId: string): Promise<void> {
  const failure = { code: 5, message: "broke" };
  const report = { kind: "completed", succeeded: false, events: [], failure } as const;
  await shop.engine.hosts.report(`${deploymentId}/${targetId}`, report);
}
