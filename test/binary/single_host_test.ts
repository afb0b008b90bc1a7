/**
 * Blue/green on one machine through the compiled binary, as docs/blue_green.md has it: two agents with
 * directories of their own, and a link that the command of a balancer switches. Whoever reads through
 * the link finds one version or the other, at any time.
 * @module
 */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { readText } from "../house/tree.ts";
import { begin, ended, infoOf } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";

/** web-1 is the blue directory of the machine, web-2 the green one. */
async function oneMachine(): Promise<Fleet> {
  const fleet = await Fleet.start(2);
  const [, script = ""] = /```sh\n(#!\/bin\/sh\n# [^]*?)```/.exec(readText("docs/blue_green.md")) ??
    [];
  const program = join(fleet.directory, "serve-shop");
  writeFileSync(program, script.replaceAll("/srv", fleet.directory));
  chmodSync(program, 0o755);
  const config = JSON.stringify({ block: [program], allow: [program], check: [program] });
  const argv = ["balancer", "add", "link", "--plugin", "command", "--config", config];
  const added = await fleet.runtime(...argv);
  assert.equal(added.code, 0, added.stderr);
  const colors = [["web-1", "blue"], ["web-2", "green"]] as const;
  for (const [name, Value] of colors) {
    const tags = [{ Key: "stack", Value }];
    await fleet.api("AddTagsToOnPremisesInstances", { instanceNames: [name], tags });
  }
  await fleet.declare();
  return fleet;
}

/** A page that is half written while a version is installed is one that nobody may see. */
function version(name: string): Record<string, string> {
  return {
    "appspec.yml": "version: 0.0\nos: linux\nfiles:\n  - source: app\n    destination: /app\n" +
      "hooks:\n  AfterBlockTraffic:\n    - location: leave.sh\n",
    "app/page.txt": `${name}\n`.repeat(1000),
    "leave.sh": `#!/bin/sh\ntest ! -e "$HOST_DIR/refuse"\n`,
  };
}

/** Reads the page through the link all the time; answers what was seen that is no whole version. */
function startReader(fleet: Fleet): { seen: Set<string>; stop(): Promise<string[]> } {
  const seen = new Set<string>();
  const wrong: string[] = [];
  let running = true;
  const reading = (async () => {
    while (running) {
      await setTimeout(1);
      try {
        const lines = readFileSync(join(fleet.directory, "shop/app/page.txt"), "utf8").split("\n");
        const versions = new Set(lines.slice(0, -1));
        if (lines.length === 1001 && versions.size === 1) seen.add([...versions].join());
        else wrong.push(`${lines.length - 1} lines of ${[...versions]}`);
      } catch (error) {
        wrong.push(String(error));
      }
    }
  })();
  return {
    seen,
    async stop() {
      running = false;
      await reading;
      return wrong;
    },
  };
}

test("one machine is blue and green: a link is switched, and switched back by the rollback", async () => {
  const fleet = await oneMachine();
  try {
    const served = () => readlinkSync(join(fleet.directory, "shop")).split("/").at(-1);
    const group = (settings: object) =>
      fleet.api("UpdateDeploymentGroup", {
        applicationName: "shop",
        currentDeploymentGroupName: "production",
        loadBalancerInfo: { elbInfoList: [{ name: "link" }] },
        autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
        ...settings,
      });
    const blueGreen = (actionOnTimeout: string) =>
      group({
        deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
        deploymentConfigName: "CodeDeployDefault.AllAtOnce",
        blueGreenDeploymentConfiguration: {
          terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" },
          deploymentReadyOption: {
            actionOnTimeout,
            ...(actionOnTimeout === "STOP_DEPLOYMENT" && { waitTimeInMinutes: 60 }),
          },
          greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
        },
      });
    const bundle = (name: string) => fleet.bundle(`v${name}`, version(name));
    const deploy = async (name: string, color: string) =>
      await begin(fleet, bundle(name), "--green", `stack=${color}`);

    // The first of all: nothing is blue yet, as the other directory is empty.
    await group({
      onPremisesTagSet: {
        onPremisesTagSetList: [[{ Key: "stack", Value: "blue", Type: "KEY_AND_VALUE" }]],
      },
    });
    await blueGreen("CONTINUE_DEPLOYMENT");
    assert.equal((await ended(fleet, await deploy("1", "blue"))).status, "Succeeded");
    assert.equal(served(), "web-1");

    const reader = startReader(fleet);
    await blueGreen("STOP_DEPLOYMENT");
    const second = await deploy("2", "green");
    await until("Ready", async () => (await infoOf(fleet, second)).status === "Ready");
    assert.equal(served(), "web-1");
    const going = { deploymentId: second, deploymentWaitType: "READY_WAIT" };
    await fleet.api("ContinueDeployment", going);
    assert.equal((await ended(fleet, second)).status, "Succeeded");
    assert.equal(served(), "web-2");

    await blueGreen("CONTINUE_DEPLOYMENT");
    writeFileSync(join(fleet.hosts[1]!.installRoot, "refuse"), "");
    const third = await deploy("3", "blue");
    assert.equal((await ended(fleet, third)).status, "Failed");
    const { rollbackInfo } = await infoOf(fleet, third);
    const back = await ended(fleet, rollbackInfo?.rollbackDeploymentId ?? "");
    assert.equal(back.status, "Succeeded", back.errorInformation?.message ?? "");
    assert.equal(served(), "web-2");
    const page = join(fleet.directory, "shop/app/page.txt");
    assert.match(readFileSync(page, "utf8"), /^2\n/);

    assert.deepEqual(await reader.stop(), []);
    assert.deepEqual([...reader.seen].sort(), ["1", "2", "3"]);
    const explained = await fleet.runtime("explain", third);
    assert.match(
      explained.stdout,
      /rolled back by d-\w+: the traffic is back at the original hosts/,
    );
  } finally {
    await fleet.close();
  }
});
