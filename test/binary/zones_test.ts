/** Strategies by the compiled binary: zones, and what names a strategy. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { begin, deploy, ended, infoOf, installed, targetsOf } from "./deployments.ts";
import { Fleet } from "./fleet.ts";

/** Two minutes are two seconds. */
const LAPSE = ["--time-lapse", "60"];
const MONITORED_MS = 2_000;

/** When each host began and ended, in seconds, first to begin first. */
async function courses(fleet: Fleet, id: string) {
  const targets = await targetsOf(fleet, id, ...fleet.hosts.map(({ name }) => name));
  const spans = targets.map(({ targetId, status, lifecycleEvents }) => {
    const times = lifecycleEvents.flatMap(({ startTime, endTime }) =>
      [startTime, endTime].flatMap((time) => time === undefined ? [] : Number(time))
    );
    return { targetId, status, from: Math.min(...times), to: Math.max(...times) };
  });
  return spans.sort((a, b) => a.from - b.from);
}

test("zones go one after the other with a watch between, and a rollback takes no heed of them", async (t) => {
  const fleet = await Fleet.start(3, undefined, LAPSE);
  t.after(() => fleet.close());
  const zoneOf = { "web-1": "b", "web-2": "a" };
  for (const [name, zone] of Object.entries(zoneOf)) {
    await fleet.api("AddTagsToOnPremisesInstances", {
      instanceNames: [name],
      tags: [{ Key: "AvailabilityZone", Value: zone }],
    });
  }
  await fleet.api("CreateDeploymentConfig", {
    deploymentConfigName: "zones",
    minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
    zonalConfig: { monitorDurationInSeconds: 120 },
  });
  await fleet.declare({ config: "zones", rollback: "[failure]" });

  const first = await begin(fleet, fleet.bundle("one", version("one")));
  assert.equal((await ended(fleet, first)).status, "Succeeded");
  const [a, b, none] = await courses(fleet, first);
  assert.deepEqual([a, b, none].map((one) => one?.targetId), ["web-2", "web-1", "web-3"]);
  for (const [before, after] of [[a, b], [b, none]]) {
    const gap = 1000 * ((after?.from ?? 0) - (before?.to ?? 0));
    assert.ok(gap >= MONITORED_MS - 100, `${after?.targetId} began ${gap} ms after the last zone`);
  }

  const onB = 'case "$HOST_DIR" in */web-1) exit 7;; esac';
  const second = await begin(fleet, fleet.bundle("two", version("two", { ApplicationStart: onB })));
  const { status, errorInformation } = await ended(fleet, second);
  assert.equal(status, "Failed");
  assert.match(errorInformation?.message ?? "", /^1 of 1 host of zone b failed.*web-1 failed App/);
  const reached = (await courses(fleet, second)).map(({ targetId, status }) => [targetId, status]);
  assert.deepEqual(reached, [["web-2", "Succeeded"], ["web-1", "Failed"], ["web-3", "Skipped"]]);
  const { rollbackInfo } = await infoOf(fleet, second);
  const rollback = rollbackInfo?.rollbackDeploymentId ?? "";
  assert.equal((await ended(fleet, rollback)).status, "Succeeded");
  const [one, other] = await courses(fleet, rollback);
  const between = 1000 * ((other?.from ?? 0) - (one?.to ?? 0));
  assert.ok(between < MONITORED_MS, `${between} ms lay between two hosts of the rollback`);
  assert.deepEqual(fleet.hosts.map(installed), ["one\n", "one\n", "one\n"]);
});

test("a fleet without zones is told so; a strategy is good by its name alone", async (t) => {
  const fleet = await Fleet.start(1);
  t.after(() => fleet.close());
  const made = await fleet.runtime(
    ...["config", "create", "racks", "--strategy", "zonal", "--set", "zoneBy=rack"],
  );
  assert.equal(made.code, 0, made.stderr);
  await fleet.declare({ config: "racks" });
  const ran = await deploy(fleet, fleet.bundle("one", version("one")));
  assert.equal(ran.code, 1, ran.stdout + ran.stderr);
  assert.match(ran.stdout + ran.stderr, /no host of the deployment has the tag rack/);
  const grown = await deploy(fleet, fleet.bundle("two", version("two")), "--config", "exponential");
  assert.equal(grown.code, 0, grown.stdout + grown.stderr);
  assert.deepEqual(fleet.hosts.map(installed), ["two\n"]);
  const listed = await fleet.runtime("strategies");
  assert.match(listed.stdout, /^zonal +Server +one zone after the other/m);
  assert.match(listed.stdout, /^racks {2}zonal {2}\{"zoneBy":"rack"\}$/m);
});
