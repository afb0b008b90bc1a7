/**
 * Releases behind a real nginx through the compiled binary: the application of every host is killed
 * and started again in its new version under load, and no request fails.
 * @module
 */
import { test } from "node:test";
import { startNginx } from "../plugins/balancers/nginx_process.ts";
import { fourReleases, GREEN_HOSTS, type InFront, Scene } from "./releases_under_load.ts";

async function nginx(...[folder, placed]: Parameters<typeof startNginx>): Promise<InFront> {
  const running = await startNginx(folder, placed, GREEN_HOSTS);
  const { port, [Symbol.asyncDispose]: close } = running;
  const config = { ...running.config, healthUrl: "http://{tag:address}/" };
  return { port, plugin: "nginx", config, [Symbol.asyncDispose]: close };
}

test("no request fails behind nginx, whichever way a release goes and comes back", async () => {
  await Scene.play(nginx, fourReleases);
});
