/**
 * `runtime restart` by the compiled binary: what is on the host runs again, and nothing is fetched.
 * The server's bundles are taken away before, so that any download fails.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { version } from "./bundles.ts";
import { begin, deploy, ended, IN_PLACE, infoOf, once, starts, trace } from "./deployments.ts";
import { Fleet, type Host, until } from "./fleet.ts";

const RESTART = ["restart", "--app", "shop", "--group", "production"];

async function restart(fleet: Fleet): Promise<string> {
  const ran = await fleet.runtime(...RESTART, "--no-wait", "--json");
  assert.equal(ran.code, 0, ran.stderr);
  return z.object({ deploymentId: z.string() }).parse(JSON.parse(ran.stdout)).deploymentId;
}

/** From now on the server has no bundle to give. */
function loseBundles(fleet: Fleet): void {
  rmSync(join(fleet.data, "artifacts"), { recursive: true });
}

async function newest(fleet: Fleet): Promise<string> {
  const { deployments } = await fleet.api("ListDeployments", {});
  return z.tuple([z.string()], z.string()).parse(deployments)[0];
}

/** From now on the host has no bundle of the deployment, wherever its group lies. */
function loseHeld(host: Host, deploymentId: string): void {
  const group = readdirSync(host.root).find((name) =>
    existsSync(join(host.root, name, deploymentId))
  );
  assert.ok(group);
  rmSync(join(host.root, group, deploymentId, "bundle.tar"));
}

function file(host: Host): { ino: number; mtimeMs: number; ctimeMs: number } {
  const { ino, mtimeMs, ctimeMs } = statSync(join(host.installRoot, "srv/app/version.txt"));
  return { ino, mtimeMs, ctimeMs };
}

const scriptsOf = (name: string) => [
  `ApplicationStop ${name}`,
  `BeforeInstall ${name}`,
  `AfterInstall ${name}`,
  `ApplicationStart ${name}`,
  `ValidateService ${name}`,
];

test("a restart runs the scripts in their order, touches no file and downloads nothing", async () => {
  const fleet = await Fleet.start(2);
  try {
    await fleet.declare();
    const first = await deploy(fleet, fleet.bundle("one", version("one")));
    assert.equal(first.code, 0, first.stderr);
    const before = fleet.hosts.map(file);
    const ran = fleet.hosts.map((host) => trace(host).length);
    loseBundles(fleet);
    const { code, stdout, stderr } = await fleet.runtime(...RESTART);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /Reused the bundle of d-[A-Z0-9]{9}.*nothing was downloaded/);
    assert.match(stdout, /succeeded after .*2 hosts on s3:/);
    assert.deepEqual(fleet.hosts.map(file), before);
    for (const [index, host] of fleet.hosts.entries()) {
      assert.deepEqual(trace(host).slice(ran[index]), scriptsOf("one"));
    }
    const deploymentId = await newest(fleet);
    const { deploymentInfo } = await fleet.api("GetDeployment", { deploymentId });
    const { deploymentMode } = z.looseObject({ deploymentMode: z.string() }).parse(deploymentInfo);
    assert.equal(deploymentMode, "RESTART");
  } finally {
    await fleet.close();
  }
});

test("an agent that is killed at any moment of a restart repeats no event and loses no file", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    const [host] = fleet.hosts;
    assert.ok(host);
    const first = await begin(fleet, fleet.bundle("one", version("one")));
    assert.equal((await ended(fleet, first)).status, "Succeeded");
    loseBundles(fleet);
    const before = file(host);
    // In the middle of each event in turn, as soon as the journal has its start.
    for (const event of IN_PLACE) {
      const id = await restart(fleet);
      await until(`the start of ${event}`, () => starts(fleet, host, id)[event] === 1);
      await fleet.killAgent(host);
      await fleet.startAgent(host);
      const { status } = await ended(fleet, id);
      const counts = starts(fleet, host, id);
      assert.ok(Object.values(counts).every((count) => count === 1), JSON.stringify(counts));
      if (status === "Succeeded") assert.deepEqual(counts, once(IN_PLACE));
      assert.deepEqual(file(host), before, event);
    }
    const last = await restart(fleet);
    assert.equal((await ended(fleet, last)).status, "Succeeded");
    assert.deepEqual(file(host), before);
  } finally {
    await fleet.close();
  }
});

test("a server that is killed in the middle of a restart goes on with it", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    const [host] = fleet.hosts;
    assert.ok(host);
    const first = await begin(fleet, fleet.bundle("one", version("one")));
    assert.equal((await ended(fleet, first)).status, "Succeeded");
    loseBundles(fleet);
    const id = await restart(fleet);
    await fleet.killServer();
    await fleet.startServer();
    assert.equal((await ended(fleet, id)).status, "Succeeded");
    assert.deepEqual(starts(fleet, host, id), once(IN_PLACE));
  } finally {
    await fleet.close();
  }
});

test("a host that has lost its bundle downloads it; where that fails too, both are told", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    const [host] = fleet.hosts;
    assert.ok(host);
    const first = await begin(fleet, fleet.bundle("one", version("one")));
    assert.equal((await ended(fleet, first)).status, "Succeeded");
    const { ino } = file(host);
    loseHeld(host, first);
    const downloaded = await fleet.runtime(...RESTART);
    assert.equal(downloaded.code, 0, downloaded.stdout + downloaded.stderr);
    assert.match(downloaded.stdout, /cannot be reused: it is not here any more; it is downloaded/);
    assert.equal(file(host).ino, ino);
    loseHeld(host, await newest(fleet));
    loseBundles(fleet);
    const failed = await fleet.runtime(...RESTART);
    assert.equal(failed.code, 1, failed.stdout + failed.stderr);
    assert.match(failed.stdout, /cannot be reused: it is not here any more/);
    assert.match(failed.stderr, /web-1 failed DownloadBundle/);
    assert.equal(file(host).ino, ino);
    const { rollbackInfo } = await infoOf(fleet, await newest(fleet));
    assert.equal(rollbackInfo?.rollbackDeploymentId, undefined);
  } finally {
    await fleet.close();
  }
});
