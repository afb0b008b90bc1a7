/**
 * A release behind a real HAProxy through the compiled binary: the application of every host is killed
 * and started again in its new version under load, and no request fails.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { statOf } from "../../core/platform/process_group.ts";
import { startHaproxy } from "../plugins/balancers/haproxy_process.ts";
import { startLoad } from "../plugins/balancers/load.ts";
import { freePort, PROGRAM } from "../plugins/balancers/programs.ts";
import { servedBy } from "../plugins/balancers/rolling.ts";
import { begin, ended } from "./deployments.ts";
import { Fleet, type Host } from "./fleet.ts";

/** Starts an application that answers `HOST VERSION` at the host's port; nothing warns it before its end. */
function version(name: string): Record<string, string> {
  const script = (text: string) => `#!/bin/sh\n${text}\n`;
  const start = `"${process.execPath}" run -A --no-check --no-config "${PROGRAM}" ` +
    `"$(cat "$HOST_DIR/port")" "$(cat "$HOST_DIR/name") ${name}"`;
  const hooks = ["ApplicationStop", "ApplicationStart"].map((event) =>
    `  ${event}:\n    - location: ${event}.sh\n`
  );
  return {
    "appspec.yml": `version: 0.0\nos: linux\nhooks:\n${hooks.join("")}`,
    "ApplicationStop.sh": script(`kill -9 "$(cat "$HOST_DIR/pid")"`),
    // It says "ready" when it listens, and until then this script waits.
    "ApplicationStart.sh": script(
      `${start} >"$HOST_DIR/said" 2>&1 & echo $! >"$HOST_DIR/pid"\n` +
        `while ! grep -q ready "$HOST_DIR/said"; do sleep 0.05; done`,
    ),
  };
}

test("a release behind HAProxy kills and starts every application, and no request fails", async () => {
  const fleet = await Fleet.start(2);
  try {
    await fleet.declare();
    const backends = await Promise.all(fleet.hosts.map(place));
    await using balancer = await startHaproxy(fleet.directory, backends);
    const config = JSON.stringify({ socket: balancer.socket, backend: "shop" });
    const argv = ["balancer", "add", "front", "--plugin", "haproxy", "--config", config];
    const added = await fleet.runtime(...argv);
    assert.equal(added.code, 0, added.stderr);
    await fleet.api("UpdateDeploymentGroup", {
      applicationName: "shop",
      currentDeploymentGroupName: "production",
      deploymentStyle: {
        deploymentType: "IN_PLACE",
        deploymentOption: "WITH_TRAFFIC_CONTROL",
      },
      loadBalancerInfo: { elbInfoList: [{ name: "front" }] },
    });
    await released(fleet, "1");
    const tried = await fleet.runtime("balancer", "try", "front", "--host", "web-1");
    assert.equal(tried.code, 0, tried.stdout + tried.stderr);
    const load = startLoad(balancer.port);
    await servedBy(load, "web-1 1");
    await servedBy(load, "web-2 1");
    await released(fleet, "2");
    await servedBy(load, "web-1 2");
    await servedBy(load, "web-2 2");
    await load.stop();
    assert.deepEqual(load.failures, []);
  } finally {
    for (const host of fleet.hosts) endApplication(host);
    await fleet.close();
  }
});

async function released(fleet: Fleet, name: string): Promise<void> {
  const id = await begin(fleet, fleet.bundle(`v${name}`, version(name)));
  const { status, errorInformation } = await ended(fleet, id);
  assert.equal(status, "Succeeded", errorInformation?.message ?? "");
}

/** Gives a host its name and port, which its scripts read. */
async function place({ name, installRoot }: Host) {
  const port = await freePort();
  mkdirSync(installRoot, { recursive: true });
  writeFileSync(join(installRoot, "name"), name);
  writeFileSync(join(installRoot, "port"), String(port));
  return { host: { name, tags: [] }, port };
}

function endApplication({ installRoot }: Host): void {
  const file = join(installRoot, "pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  if (pid !== undefined && statOf(pid)) process.kill(pid, "SIGKILL");
}
