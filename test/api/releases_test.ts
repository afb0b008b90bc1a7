import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../../core/domain/instance.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { bundle, nthDeployment, openShop, type Shop, START, TAG } from "./shop.ts";

const calls = (shop: Shop) => (operation: string, input: object, role?: Role) =>
  shop.target(RUNTIME_TARGET_PREFIX + operation, input, role);

const api = { name: "api", applicationName: "shop", deploymentGroupName: "prod" };
const web = { name: "web", applicationName: "shop", deploymentGroupName: "web" };
const deployments = [
  { ...api, revision: bundle("api.zip") },
  { ...web, revision: bundle("web.zip"), needs: ["api"] },
];

/** The group `web` of the same host. */
async function addWeb(shop: Shop): Promise<void> {
  await shop.call("CreateDeploymentGroup", {
    applicationName: "shop",
    deploymentGroupName: "web",
    serviceRoleArn: "arn:aws:iam::000000000000:role/deploy",
    onPremisesInstanceTagFilters: [{ ...TAG, Type: "KEY_AND_VALUE" }],
  });
}

/** Asks until the release has this status. */
async function reached(shop: Shop, releaseId: string, status: string) {
  for (let turn = 0; turn < 200; turn++) {
    const { release } = await calls(shop)("GetRelease", { releaseId }, "viewer");
    if (release.status === status) return release;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`${releaseId} is not ${status}`);
}

test("a release is created, shown and listed, and begins in order", async () => {
  await using shop = await openShop(1);
  await addWeb(shop);
  const call = calls(shop);
  const input = { releaseName: "shop-2.4", deployments };
  const { releaseId } = await call("CreateRelease", input, "deployer");
  assert.match(releaseId, /^r-[A-Z0-9]{9}$/);
  const { release } = await call("GetRelease", { releaseId }, "viewer");
  const { deploymentId } = release.deployments[0];
  assert.match(deploymentId, /^d-[A-Z0-9]{9}$/);
  assert.deepEqual(release, {
    releaseId,
    releaseName: "shop-2.4",
    status: "InProgress",
    createTime: START / 1000,
    onFailure: "rollback",
    deployments: [
      { ...deployments[0], needs: [], status: "InProgress", deploymentId },
      { ...deployments[1], status: "Waiting" },
    ],
  });
  const [host] = shop.hosts;
  await host?.run();
  await shop.ended(deploymentId);
  await host?.run();
  const over = await reached(shop, releaseId, "Succeeded");
  assert.ok(over.endTime >= over.createTime);
  const { releases } = await call("ListReleases", {}, "viewer");
  const { releaseName, status, createTime, endTime } = over;
  assert.deepEqual(releases, [{ releaseId, releaseName, status, createTime, endTime }]);
});

test("a failure says why nothing was rolled back", async () => {
  await using shop = await openShop(1);
  await addWeb(shop);
  const { releaseId } = await calls(shop)("CreateRelease", { releaseName: "v1", deployments });
  await shop.hosts[0]?.run("SSSF");
  const { deployments: [failed, waiting] } = await reached(shop, releaseId, "Failed");
  assert.equal(failed.status, "Failed");
  assert.match(
    failed.message,
    /^d-\w+ failed: HEALTH_CONSTRAINTS: .*\. Not rolled back: The deployment group has no earlier/s,
  );
  assert.deepEqual([waiting.status, waiting.message], ["NotStarted", "api failed"]);
});

test("a release is stopped once", async () => {
  await using shop = await openShop(1);
  await addWeb(shop);
  const call = calls(shop);
  const { releaseId } = await call("CreateRelease", { releaseName: "v1", deployments });
  const stop = { releaseId, rollback: false };
  assert.deepEqual(await call("StopRelease", stop, "deployer"), { status: "InProgress" });
  const { release } = await call("GetRelease", { releaseId });
  assert.deepEqual(release.stop, { time: START / 1000, rollback: false });
  await shop.hosts[0]?.run("SSS");
  await reached(shop, releaseId, "Stopped");
  await shop.refusal(() => call("StopRelease", stop), "InvalidInputException", /already ended/);
});

test("releases are listed newest first, a page after the other", async () => {
  await using shop = await openShop(1);
  const ids: string[] = [];
  for (let n = 0; n < 105; n++) {
    shop.clock.now += 1_000;
    const input = { releaseName: `v${n}`, deployments: deployments.slice(0, 1) };
    ids.unshift((await calls(shop)("CreateRelease", input)).releaseId);
  }
  const first = await calls(shop)("ListReleases", {});
  const second = await calls(shop)("ListReleases", { nextToken: first.nextToken });
  const listed = [...first.releases, ...second.releases].map(({ releaseId }) => releaseId);
  assert.deepEqual([first.releases.length, listed], [100, ids]);
  const { release } = await calls(shop)("GetRelease", { releaseId: ids[0] });
  assert.equal(release.deployments[0].message, `Its group is busy with ${nthDeployment(1)}`);
});

const [one, two] = deployments;
const refusals: [rule: string, input: object, message: RegExp][] = [
  ["no deployment", { deployments: [] }, /^deployments/],
  [
    "an unknown need",
    { deployments: [one, { ...two, needs: ["db"] }] },
    /^deployments\.1\.needs\.0: there is no deployment db in this release; there are api, web$/,
  ],
  [
    "a circle",
    { deployments: [{ ...one, needs: ["web"] }, two] },
    /^deployments\.1\.needs\.0: .* api → web → api$/,
  ],
  [
    "one group twice",
    { deployments: [one, { ...one, name: "again" }] },
    /^deployments\.1\.deploymentGroupName: api deploys to shop\/prod already$/,
  ],
  [
    "a group that is not there",
    { deployments: [one, { ...two, deploymentGroupName: "gone" }] },
    /^web: No Deployment Group found for name: gone$/,
  ],
  [
    "a config that is not there",
    { deployments: [{ ...one, deploymentConfigName: "gone" }] },
    /^api: No Deployment Configuration found for name: gone$/,
  ],
  ["a word for failures that is none", { onFailure: "panic" }, /^onFailure/],
];
test("what cannot be a release is refused, and nothing begins", async () => {
  await using shop = await openShop(1);
  await addWeb(shop);
  for (const [, input, message] of refusals) {
    const asked = { releaseName: "v1", deployments, ...input };
    await shop.refusal(
      () => calls(shop)("CreateRelease", asked),
      "InvalidInputException",
      message,
    );
  }
});

test("who looks may neither begin nor stop one", async () => {
  await using shop = await openShop(0);
  for (const [operation, input] of [["CreateRelease", {}], ["StopRelease", {}]] as const) {
    await shop.refusal(() => calls(shop)(operation, input, "viewer"), "AccessDeniedException");
  }
});
