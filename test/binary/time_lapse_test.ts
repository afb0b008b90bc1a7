/** Minutes that are shorter: said at the start, felt by a host's clock, refused in the open. @module */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { version } from "./bundles.ts";
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
  const fleet = new Fleet();
  t.after(() => fleet.close());
  fleet.serverFlags = ["--time-lapse", "150"];
  await fleet.startServer();
  const { token } = JSON.parse((await fleet.runtime("token", "create", "--json")).stdout);
  const config = join(fleet.directory, "conf");
  const joined = await fleet.runtime(
    ...["agent", "join", fleet.url, "--token", token, "--name", "web-1", "--tag", "role=web"],
    ...["--config-dir", config, "--root", join(fleet.directory, "root")],
  );
  assert.equal(joined.code, 0, joined.stderr);
  await fleet.declare();
  const begun = Date.now();
  const argv = ["deploy", "--app", "shop", "--group", "production", "--json"];
  const ran = await fleet.runtime(...argv, fleet.bundle("v1", version("v1")));
  assert.equal(ran.code, 1, ran.stdout + ran.stderr);
  assert.ok(Date.now() - begun < 15_000, "the silence of a host took longer");
  assert.match(ran.stdout, /CodeDeploy agent was not able to receive the lifecycle event/);
});
