/**
 * Releases behind a real HAProxy through the compiled binary: the application of every host is killed
 * and started again in its new version under load, and no request fails; without its balancer some do.
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startHaproxy } from "../plugins/balancers/haproxy_process.ts";
import { fourReleases, GREEN_HOSTS, type InFront, Scene } from "./releases_under_load.ts";

async function haproxy(...[folder, placed]: Parameters<typeof startHaproxy>): Promise<InFront> {
  const { port, socket, [Symbol.asyncDispose]: close } = await startHaproxy(folder, placed, {
    out: GREEN_HOSTS,
  });
  const config = { socket, backend: "shop" };
  return { port, plugin: "haproxy", config, [Symbol.asyncDispose]: close };
}

test("no request fails behind HAProxy, whichever way a release goes and comes back", async () => {
  await Scene.play(haproxy, async (scene) => {
    await fourReleases(scene);
    await scene.lossless("blue/green to the first hosts, the server killed meanwhile", async () => {
      const id = await scene.begin("5", { green: "blue" });
      await scene.serves("web-1 5");
      await scene.fleet.killServer();
      await scene.fleet.startServer();
      await scene.succeeds(id);
      await scene.servedOnly("web-1 5", "web-2 5");
    });
    await scene.inPlace("WITHOUT_TRAFFIC_CONTROL");
    const folder = join(scene.fleet.directory, "unchecked");
    mkdirSync(folder);
    await using unchecked = await startHaproxy(folder, scene.placed.slice(0, 2), { server: "" });
    await scene.underLoad(unchecked.port);
    const { failed } = await scene.act("in place without its balancer", async () => {
      const id = await scene.begin("6");
      await scene.succeeds(id);
      assert.deepEqual(await scene.hosts(id), ["web-1", "web-2"], "the hosts that serve");
      await scene.servedOnly("web-1 6", "web-2 6");
    });
    assert.ok(failed > 0, "an application that is killed under load fails requests");
  });
});
