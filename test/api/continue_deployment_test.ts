import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, DeploymentStatus } from "../../core/domain/deployment.ts";
import {
  HOST_EVENTS,
  type LifecycleEvent,
  type LifecycleEventName,
} from "../../core/domain/lifecycle_event.ts";
import type { Target, TargetLabel } from "../../core/domain/target.ts";
import { getDeployment } from "../../core/store/deployments.ts";
import { putIntegration } from "../../core/store/integrations.ts";
import { insertTargets } from "../../core/store/targets.ts";
import { request } from "../rollout/letters.ts";
import { listBalancer } from "./set_up_plugins.ts";
import { nthDeployment, openShop, putDeployment, type Shop, START } from "./shop.ts";

const ID = nthDeployment(0);
const STYLES = {
  "in-place": { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
  "blue/green": { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
} as const;
const WAITING = { startedAt: START };
const CUT = { startedAt: START, skippedAt: START + 1 };

type Wait = Deployment["terminationWait"];
type Row = [
  style: keyof typeof STYLES,
  status: DeploymentStatus,
  wait: Wait | undefined,
  operation: "READY_WAIT" | "TERMINATION_WAIT" | "none given" | "Skip",
  expected: string,
];

const table: Row[] = [
  ["blue/green", "Ready", undefined, "READY_WAIT", "InProgress"],
  ["blue/green", "Ready", undefined, "none given", "InProgress"],
  ["blue/green", "Created", undefined, "READY_WAIT", "DeploymentIsNotInReadyState"],
  ["blue/green", "InProgress", undefined, "READY_WAIT", "DeploymentIsNotInReadyState"],
  ["blue/green", "InProgress", WAITING, "READY_WAIT", "DeploymentIsNotInReadyState"],
  ["blue/green", "InProgress", WAITING, "TERMINATION_WAIT", "cut short"],
  ["blue/green", "InProgress", WAITING, "Skip", "cut short"],
  ["blue/green", "InProgress", CUT, "TERMINATION_WAIT", "as it was"],
  ["blue/green", "InProgress", CUT, "Skip", "as it was"],
  ["blue/green", "Created", undefined, "TERMINATION_WAIT", "InvalidDeploymentStatus"],
  ["blue/green", "InProgress", undefined, "TERMINATION_WAIT", "InvalidDeploymentStatus"],
  ["blue/green", "Ready", undefined, "TERMINATION_WAIT", "InvalidDeploymentStatus"],
  ["blue/green", "Queued", undefined, "Skip", "DeploymentNotStarted"],
  ["blue/green", "InProgress", undefined, "Skip", "DeploymentNotStarted"],
  ["blue/green", "Succeeded", CUT, "READY_WAIT", "DeploymentAlreadyCompleted"],
  ["blue/green", "Stopped", undefined, "TERMINATION_WAIT", "DeploymentAlreadyCompleted"],
  ["blue/green", "Failed", WAITING, "Skip", "DeploymentAlreadyCompleted"],
  ["in-place", "InProgress", undefined, "READY_WAIT", "UnsupportedActionForDeploymentType"],
  ["in-place", "InProgress", undefined, "TERMINATION_WAIT", "UnsupportedActionForDeploymentType"],
  ["in-place", "Succeeded", undefined, "none given", "UnsupportedActionForDeploymentType"],
  ["in-place", "InProgress", undefined, "Skip", "UnsupportedActionForDeploymentType"],
];
for (const [style, status, terminationWait, asked, expected] of table) {
  const waits = terminationWait ? `, waiting ${JSON.stringify(terminationWait)}` : "";
  test(`spec 7 ${style}, ${status}${waits}: ${asked} means ${expected}`, async () => {
    await using shop = await openShop(0);
    await putWaiting(shop, style, status, terminationWait);
    const before = stored(shop);
    const [operation, input] = asked === "Skip"
      ? ["SkipWaitTimeForInstanceTermination", { deploymentId: ID }] as const
      : ["ContinueDeployment", {
        deploymentId: ID,
        ...(asked !== "none given" && { deploymentWaitType: asked }),
      }] as const;
    switch (expected) {
      case "InProgress":
        assert.deepEqual(await shop.call(operation, input), {});
        assert.equal(stored(shop)?.status, "InProgress");
        assert.equal(stored(shop)?.progress?.continuedAt, shop.clock.now);
        return;
      case "cut short": {
        shop.clock.now += 60_000;
        assert.deepEqual(await shop.call(operation, input), {});
        const cut = { startedAt: START, skippedAt: shop.clock.now };
        assert.deepEqual(stored(shop)?.terminationWait, cut);
        return;
      }
      case "as it was":
        assert.deepEqual(await shop.call(operation, input), {});
        assert.deepEqual(stored(shop), before);
        return;
      default:
        await shop.refuses(operation, input, `${expected}Exception`, new RegExp(ID));
    }
  });
}

/** As a server finds a deployment that one before it has brought so far. */
async function putWaiting(
  shop: Shop,
  style: keyof typeof STYLES,
  status: DeploymentStatus,
  terminationWait: Wait | undefined,
): Promise<void> {
  const { store } = shop.context;
  const balancer = { kind: "balancer", name: "web", plugin: listBalancer.name } as const;
  await store.commit((tx) =>
    putIntegration(tx, { ...balancer, config: { hosts: ["blue", "green"] } }, shop.clock.now)
  );
  await putDeployment(shop, {
    id: ID,
    status,
    request: {
      ...request(),
      style: STYLES[style],
      loadBalancer: { targetGroupInfoList: [{ name: "web" }] },
      blueGreen: {
        terminateBlueInstancesOnDeploymentSuccess: {
          action: "TERMINATE",
          terminationWaitTimeInMinutes: 60,
        },
        deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 60 },
      },
    },
    progress: {
      stage: terminationWait ? 3 : 1,
      passed: [],
      checkedAt: START,
      ...(status === "Ready" && { readySince: START }),
    },
    ...(terminationWait && { terminationWait }),
  });
  if (status === "Created" || status === "Queued") return;
  await store.commit((tx) =>
    insertTargets(tx, ID, [
      terminationWait
        ? waiting("blue", "Blue", HOST_EVENTS.blueEnded, "ApplicationStop")
        : waiting("green", "Green", HOST_EVENTS.green, "BeforeAllowTraffic"),
    ])
  );
}

/** A host that has done what comes before an event. */
function waiting(
  id: string,
  label: TargetLabel,
  names: readonly LifecycleEventName[],
  before: LifecycleEventName,
): Target {
  const at = names.indexOf(before);
  const events = names.map((name, index): LifecycleEvent => ({
    name,
    status: index < at ? "Succeeded" : "Pending",
  }));
  return { id, label, status: "Ready", events, lastUpdated: START };
}

const stored = (shop: Shop) => getDeployment(shop.context.store.read, ID);

test("GetDeployment says that the wait for the end of the old instances has begun", async () => {
  await using shop = await openShop(0);
  const started = async (id: string, changes: Partial<Deployment>) => {
    await putDeployment(shop, { id, status: "InProgress", ...changes });
    const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId: id });
    return deploymentInfo.instanceTerminationWaitTimeStarted;
  };
  assert.equal(await started(ID, {}), false);
  assert.equal(await started(nthDeployment(1), { terminationWait: WAITING }), true);
});

for (const operation of ["ContinueDeployment", "SkipWaitTimeForInstanceTermination"]) {
  const rows: [deploymentId: unknown, type: string][] = [
    [undefined, "DeploymentIdRequired"],
    ["", "DeploymentIdRequired"],
    ["d-1", "InvalidDeploymentId"],
    [7, "Serialization"],
    ["d-ZZZZZZZZZ", "DeploymentDoesNotExist"],
  ];
  for (const [deploymentId, type] of rows) {
    test(`${operation} refuses the id ${JSON.stringify(deploymentId)} as ${type}`, async () => {
      await using shop = await openShop(0);
      await shop.refuses(operation, { deploymentId }, `${type}Exception`);
    });
  }
  test(`${operation} is not for viewers`, async () => {
    await using shop = await openShop(0);
    const input = { deploymentId: ID };
    await shop.refuses(operation, input, "AccessDeniedException", /deployer/, "viewer");
  });
}

test("a wait that there is not is refused by its name", async () => {
  await using shop = await openShop(0);
  const input = { deploymentId: ID, deploymentWaitType: "COFFEE_WAIT" };
  await shop.refuses("ContinueDeployment", input, "InvalidDeploymentWaitTypeException", /WAIT/);
});

test("DeleteResourcesByExternalId has nothing to delete, whatever it is given", async () => {
  await using shop = await openShop(0);
  await putDeployment(shop, { id: ID, status: "Succeeded" });
  const before = shop.dump();
  for (const input of [{}, { externalId: "" }, { externalId: "arn:aws:cloudformation:x" }]) {
    assert.deepEqual(await shop.call("DeleteResourcesByExternalId", input), {});
  }
  assert.deepEqual(shop.dump(), before);
});
