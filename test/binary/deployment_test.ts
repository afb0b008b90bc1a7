/**
 * Whole deployments by the compiled binary: the command line in front, real agents, files and hooks
 * behind.
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { version } from "./bundles.ts";
import {
  begin,
  deploy,
  ended,
  IN_PLACE,
  infoOf,
  installed,
  once,
  starts,
  targetsOf,
  trace,
} from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";

test("a hook that exits 7 stops the rollout, is named with its last lines, and is rolled back", async () => {
  const fleet = await Fleet.start(3);
  try {
    await fleet.declare({ rollback: "[failure]" });
    const good = await deploy(fleet, fleet.bundle("v1", version("1")));
    assert.equal(good.code, 0, good.stdout + good.stderr);
    const broken = version("2", { ApplicationStart: "echo the shelves are empty >&2; exit 7" });
    const bad = await deploy(fleet, fleet.bundle("v2", broken));
    const said = bad.stdout + bad.stderr;
    assert.equal(bad.code, 3, said);
    for (const part of ["web-1", "ApplicationStart", "scripts/ApplicationStart.sh"]) {
      assert.ok(said.includes(part), `${part} in: ${said}`);
    }
    assert.match(said, /exit code 7/);
    assert.match(said, /the shelves are empty/);
    assert.match(said, /next .*runtime logs d-/);
    const { deployments } = z.object({ deployments: z.array(z.string()) }).parse(
      await fleet.api("ListDeployments", {
        applicationName: "shop",
        deploymentGroupName: "production",
      }),
    );
    const [rollback = "", failed = ""] = deployments;
    const failedInfo = await infoOf(fleet, failed);
    const rollbackInfo = await infoOf(fleet, rollback);
    assert.equal(failedInfo.status, "Failed");
    assert.equal(failedInfo.errorInformation?.code, "HEALTH_CONSTRAINTS");
    assert.equal(failedInfo.rollbackInfo?.rollbackDeploymentId, rollback);
    assert.equal(rollbackInfo.creator, "codeDeployRollback");
    assert.equal(rollbackInfo.status, "Succeeded");
    assert.equal(rollbackInfo.rollbackInfo?.rollbackTriggeringDeploymentId, failed);
    for (const host of fleet.hosts) assert.equal(installed(host), "1\n");
    // Hosts two and three never saw version 2.
    for (const host of fleet.hosts.slice(1)) {
      assert.ok(!trace(host).some((line) => line.endsWith(" 2")), trace(host).join());
    }
  } finally {
    await fleet.close();
  }
});

test("a server killed in the middle finishes the deployment, every event exactly once", async () => {
  const fleet = await Fleet.start(3);
  try {
    await fleet.declare();
    const slow = version("1", { ApplicationStart: "sleep 0.5" });
    const id = await begin(fleet, fleet.bundle("v1", slow));
    await until(
      "the second host has begun",
      () => fleet.journal(fleet.hosts[1]!).some((line) => line.event === "Install"),
    );
    await fleet.killServer();
    await fleet.startServer();
    assert.equal((await ended(fleet, id)).status, "Succeeded");
    for (const host of fleet.hosts) {
      assert.deepEqual(starts(fleet, host, id), once(IN_PLACE));
      assert.equal(trace(host).filter((line) => line === "ApplicationStart 1").length, 1);
    }
  } finally {
    await fleet.close();
  }
});

test("an agent killed during a hook reports it as failed at once when it is back", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare({ config: "CodeDeployDefault.AllAtOnce" });
    const [host] = fleet.hosts;
    assert.ok(host);
    const stuck = version("1", { BeforeInstall: "sleep 300" });
    const id = await begin(fleet, fleet.bundle("v1", stuck));
    await until(
      "the hook runs",
      () => existsSync(join(host.installRoot, "trace")) && trace(host).length === 1,
    );
    await fleet.killAgent(host);
    await fleet.startAgent(host);
    const info = await ended(fleet, id, 15);
    assert.equal(info.status, "Failed");
    const [target] = await targetsOf(fleet, id, "web-1");
    const events = target?.lifecycleEvents ?? [];
    assert.deepEqual(events.map((event) => event.status), [
      ...["Succeeded", "Succeeded", "Failed"],
      ...["Skipped", "Skipped", "Skipped", "Skipped"],
    ]);
    assert.equal(events[2]?.diagnostics?.errorCode, "UnknownError");
    assert.equal(
      events[2]?.diagnostics?.message,
      "Failed: Failing in-progress lifecycle event after an agent restart.",
    );
    assert.deepEqual(starts(fleet, host, id), once(IN_PLACE.slice(0, 3)));
    assert.deepEqual(trace(host), ["BeforeInstall 1"]);
  } finally {
    await fleet.close();
  }
});

test("a stopped deployment ends after the running event and starts nobody else", async () => {
  const fleet = await Fleet.start(2);
  try {
    await fleet.declare();
    const slow = version("1", { BeforeInstall: "sleep 2" });
    const id = await begin(fleet, fleet.bundle("v1", slow));
    const [first, second] = fleet.hosts;
    assert.ok(first && second);
    await until("the hook runs", () => existsSync(join(first.installRoot, "trace")));
    const stopped = await fleet.api("StopDeployment", { deploymentId: id });
    assert.equal(stopped["status"], "Pending");
    const info = await ended(fleet, id);
    assert.equal(info.status, "Stopped");
    assert.equal(info.errorInformation?.code, "MANUAL_STOP");
    assert.equal(info.deploymentOverview["Skipped"], 1);
    assert.ok(!existsSync(join(second.installRoot, "trace")));
    assert.deepEqual(trace(first), ["BeforeInstall 1"]);
    const again = await fleet.api("StopDeployment", { deploymentId: id });
    assert.equal(again["status"], "Succeeded");
  } finally {
    await fleet.close();
  }
});

test("a mistake in the AppSpec fails with file, line and column, and the host keeps what it had", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    const [host] = fleet.hosts;
    assert.ok(host);
    assert.equal((await deploy(fleet, fleet.bundle("v1", version("1")))).code, 0);
    const files = version("2");
    files["appspec.yml"] = files["appspec.yml"]?.replace("os: linux", "os: lunix") ?? "";
    const folder = fleet.bundle("v2", files);
    const unpacked = await deploy(fleet, folder);
    assert.equal(unpacked.code, 2, "a folder is not even uploaded");
    assert.match(unpacked.stderr, /appspec\.yml:2:5 is not a valid AppSpec/);
    execFileSync("tar", ["-C", folder, "-czf", `${folder}.tgz`, "."]);
    const bad = await deploy(fleet, `${folder}.tgz`);
    assert.equal(bad.code, 1);
    assert.match(bad.stdout + bad.stderr, /appspec\.yml:2:5/);
    assert.equal(installed(host), "1\n");
  } finally {
    await fleet.close();
  }
});
