/**
 * Traffic of plain hosts through the compiled binary: agents run the scripts around BlockTraffic and
 * AllowTraffic, the server asks a balancer for these, here a program that notes what it is asked.
 * @module
 */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HOST_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { begin, ended, once, starts, targetsOf, trace } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";

const SCRIPTED = [
  "BeforeBlockTraffic",
  "AfterBlockTraffic",
  "ApplicationStop",
  "BeforeInstall",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
] as const;

function version(name: string): Record<string, string> {
  const hooks = SCRIPTED.map((event) => `  ${event}:\n    - location: scripts/${event}.sh\n`);
  const script = (event: string) => `#!/bin/sh\necho "${event} ${name}" >> "$HOST_DIR/trace"\n`;
  return {
    "appspec.yml": `version: 0.0\nos: linux\nfiles:\n  - source: app\n    destination: /srv/app\n` +
      `hooks:\n${hooks.join("")}`,
    "app/version.txt": `${name}\n`,
    ...Object.fromEntries(SCRIPTED.map((event) => [`scripts/${event}.sh`, script(event)])),
  };
}

/** A balancer that writes `block web-1` into the traces of the host, between its scripts. */
async function addBalancer(fleet: Fleet): Promise<void> {
  const program = join(fleet.directory, "balance");
  writeFileSync(program, `#!/bin/sh\necho "$1 by balancer" >> "${fleet.directory}/$HOST/trace"\n`);
  chmodSync(program, 0o755);
  const config = JSON.stringify({ block: [program, "block"], allow: [program, "allow"] });
  const argv = ["balancer", "add", "front", "--plugin", "command", "--config", config];
  const ran = await fleet.runtime(...argv);
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
}

function balanced(fleet: Fleet, changes: Record<string, unknown>) {
  return fleet.api("UpdateDeploymentGroup", {
    applicationName: "shop",
    currentDeploymentGroupName: "production",
    loadBalancerInfo: { targetGroupInfoList: [{ name: "front" }] },
    ...changes,
  });
}

test("in place behind a balancer, every script and every step of traffic once and in order", async () => {
  const fleet = await Fleet.start(2);
  try {
    await fleet.declare();
    await addBalancer(fleet);
    const deploymentStyle = {
      deploymentType: "IN_PLACE",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    };
    await balanced(fleet, { deploymentStyle });
    const first = await begin(fleet, fleet.bundle("v1", version("1")));
    assert.equal((await ended(fleet, first)).status, "Succeeded");
    const second = await begin(fleet, fleet.bundle("v2", version("2")));
    assert.equal((await ended(fleet, second)).status, "Succeeded");
    for (const host of fleet.hosts) {
      const [target] = await targetsOf(fleet, second, host.name);
      assert.deepEqual(
        target?.lifecycleEvents.map(({ lifecycleEventName: name, status }) => `${name} ${status}`),
        HOST_EVENTS.inPlaceBalanced.map((name) => `${name} Succeeded`),
      );
      assert.deepEqual(trace(host), [
        "block by balancer",
        ...["BeforeInstall 1", "AfterInstall 1", "ApplicationStart 1", "ValidateService 1"],
        ...["BeforeAllowTraffic 1", "allow by balancer", "AfterAllowTraffic 1"],
        // What takes the old version out of traffic comes from the old version (spec 4.2).
        ...[
          "BeforeBlockTraffic 1",
          "block by balancer",
          "AfterBlockTraffic 1",
          "ApplicationStop 1",
        ],
        ...["BeforeInstall 2", "AfterInstall 2", "ApplicationStart 2", "ValidateService 2"],
        ...["BeforeAllowTraffic 2", "allow by balancer", "AfterAllowTraffic 2"],
      ]);
      const ofTheAgent = HOST_EVENTS.inPlaceBalanced
        .filter((name) => name !== "BlockTraffic" && name !== "AllowTraffic");
      assert.deepEqual(starts(fleet, host, second), once(ofTheAgent));
    }
  } finally {
    await fleet.close();
  }
});

test("a host that a stop leaves out of traffic is named, and let in by what comes next", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    await addBalancer(fleet);
    const deploymentStyle = {
      deploymentType: "IN_PLACE",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    };
    await balanced(fleet, { deploymentStyle });
    const host = fleet.hosts[0]!;
    const gate = join(fleet.directory, "gate");
    const waiting = `\nwhile [ ! -e "${gate}" ]; do sleep 0.02; done\n`;
    const first = version("1");
    first["scripts/AfterInstall.sh"] += waiting;
    const id = await begin(fleet, fleet.bundle("v1", first));
    await until("AfterInstall", () => starts(fleet, host, id)["AfterInstall"]);
    const stopped = await fleet.runtime("stop", id, "--no-rollback");
    assert.equal(stopped.code, 0, stopped.stderr);
    writeFileSync(gate, "");
    assert.equal((await ended(fleet, id)).status, "Stopped");
    const explained = await fleet.runtime("explain", id);
    assert.match(
      explained.stdout,
      /no traffic goes to web-1 until a deployment to it lets it in\n[^]*runtime retry d-\w+ --failed-only/,
    );
    assert.ok(!trace(host).includes("allow by balancer"));
    const again = await fleet.runtime("retry", id, "--failed-only");
    assert.equal(again.code, 0, again.stderr);
    assert.equal(trace(host).at(-2), "allow by balancer");
  } finally {
    await fleet.close();
  }
});

test("blue/green over tagged hosts: green is installed, waits, gets the traffic, blue is ended", async () => {
  const fleet = await Fleet.start(2);
  try {
    await fleet.declare();
    await addBalancer(fleet);
    assert.equal(
      (await ended(fleet, await begin(fleet, fleet.bundle("v1", version("1"))))).status,
      "Succeeded",
    );
    await fleet.api("AddTagsToOnPremisesInstances", {
      instanceNames: ["web-2"],
      tags: [{ Key: "stack", Value: "green" }],
    });
    await balanced(fleet, {
      deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
      blueGreenDeploymentConfiguration: {
        terminateBlueInstancesOnDeploymentSuccess: {
          action: "TERMINATE",
          terminationWaitTimeInMinutes: 60,
        },
        deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 60 },
        greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
      },
    });
    const pushed = await fleet.runtime(
      "push",
      fleet.bundle("v2", version("2")),
      "--app",
      "shop",
      "--json",
    );
    assert.equal(pushed.code, 0, pushed.stderr);
    const { revision } = JSON.parse(pushed.stdout);
    const before = fleet.hosts.map((host) => trace(host).length);
    const { deploymentId } = await fleet.api("CreateDeployment", {
      applicationName: "shop",
      deploymentGroupName: "production",
      revision,
      targetInstances: { tagFilters: [{ Key: "stack", Value: "green", Type: "KEY_AND_VALUE" }] },
    });
    const id = String(deploymentId);
    const status = async () => {
      const { deploymentInfo } = await fleet.api("GetDeployment", { deploymentId: id });
      // because: the members of the service model that are asked for here.
      return deploymentInfo as { status: string; instanceTerminationWaitTimeStarted: boolean };
    };
    await until("Ready", async () => (await status()).status === "Ready");
    assert.deepEqual(trace(fleet.hosts[0]!).slice(before[0]), []);
    await fleet.api("ContinueDeployment", { deploymentId: id, deploymentWaitType: "READY_WAIT" });
    await until(
      "the wait for blue's end",
      async () => (await status()).instanceTerminationWaitTimeStarted,
    );
    await fleet.api("ContinueDeployment", {
      deploymentId: id,
      deploymentWaitType: "TERMINATION_WAIT",
    });
    assert.equal((await ended(fleet, id)).status, "Succeeded");
    assert.deepEqual(trace(fleet.hosts[1]!).slice(before[1]), [
      "ApplicationStop 1",
      ...["BeforeInstall 2", "AfterInstall 2", "ApplicationStart 2", "ValidateService 2"],
      ...["BeforeAllowTraffic 2", "allow by balancer", "AfterAllowTraffic 2"],
    ]);
    assert.deepEqual(trace(fleet.hosts[0]!).slice(before[0]), [
      ...["BeforeBlockTraffic 1", "block by balancer", "AfterBlockTraffic 1", "ApplicationStop 1"],
    ]);
    assert.match(
      readFileSync(join(fleet.hosts[1]!.installRoot, "srv/app/version.txt"), "utf8"),
      /2/,
    );
  } finally {
    await fleet.close();
  }
});
