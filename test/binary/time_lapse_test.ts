/** Minutes that are shorter: said at the start, felt by a host's clock, refused in the open. @module */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { begin, deploy, ended, targetsOf } from "./deployments.ts";
import { BINARY, Fleet } from "./fleet.ts";

test("a server with shorter minutes says how long one lasts, and then listens", async (t) => {
  const fleet = new Fleet();
  t.after(() => fleet.close());
  const argv = ["server", "--listen", "127.0.0.1:0", "--data", fleet.data, "--time-lapse", "90"];
  const server = spawn(BINARY, argv, { env: fleet.env });
  const lines: string[] = [];
  for await (const line of createInterface(server.stdout)) {
    lines.push(line);
    if (line.startsWith("listening on ")) break;
  }
  server.kill();
  const notice = "time-lapse: minutes are 90 times shorter; one lasts 0.667 seconds here.";
  assert.deepEqual(lines.slice(-2, -1), [notice]);
});

test("a server that others reach does not start with shorter minutes", () => {
  const argv = ["server", "--listen", "0.0.0.0:0", "--data", "nowhere", "--time-lapse", "60"];
  const ran = spawnSync(BINARY, argv, { encoding: "utf8", timeout: 20_000 });
  assert.equal(ran.status, 2);
  assert.match(ran.stderr, /^--time-lapse is for trials on the loopback address alone\n/);
  assert.match(ran.stderr, /--listen 0\.0\.0\.0:0 can be reached from elsewhere/);
});

test("five minutes of silence are over in two seconds, 150 times shorter", async (t) => {
  const fleet = await Fleet.start(1, BINARY, ["--time-lapse", "150"]);
  t.after(() => fleet.close());
  const [host] = fleet.hosts;
  assert.ok(host);
  await fleet.killAgent(host);
  await fleet.declare();
  const begun = Date.now();
  const ran = await deploy(fleet, fleet.bundle("v1", version("v1")), "--json");
  assert.equal(ran.code, 1, ran.stdout + ran.stderr);
  assert.ok(Date.now() - begun < 15_000, "the silence of a host took longer");
  assert.match(ran.stdout, /CodeDeploy agent was not able to receive the lifecycle event/);
});

test("five minutes between two hosts are two seconds, 150 times shorter", async (t) => {
  const fleet = await Fleet.start(2, BINARY, ["--time-lapse", "150"]);
  t.after(() => fleet.close());
  const steps = JSON.stringify([{ hosts: 1 }, { bake: "5m" }]);
  const made = await fleet.runtime(
    ...["config", "create", "slow", "--strategy", "canary", "--set", `steps=${steps}`],
  );
  assert.equal(made.code, 0, made.stderr);
  await fleet.declare({ config: "slow" });
  const deploymentId = await begin(fleet, fleet.bundle("v1", version("v1")));
  assert.equal((await ended(fleet, deploymentId, 30)).status, "Succeeded");
  const [first, second] = (await targetsOf(fleet, deploymentId, "web-1", "web-2"))
    .map(({ lifecycleEvents }) => lifecycleEvents.map(({ startTime = 0 }) => Number(startTime)))
    .sort(([one = 0], [other = 0]) => one - other);
  const gap = (second?.[0] ?? 0) - (first?.at(-1) ?? 0);
  assert.ok(
    gap >= 1.9 && gap < 10,
    `the second host began ${gap} s after the first one's last event`,
  );
});
