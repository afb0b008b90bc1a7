/** The balancer `haproxy-data-plane` against the API in front of HAProxy itself. @module */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import dataPlane from "../../../plugins/balancers/haproxy_data_plane.ts";
import { startDataPlane } from "./data_plane.ts";
import { startHaproxy } from "./haproxy_process.ts";
import { Backend, step, temporaryFolder } from "./programs.ts";
import { replaceUntold, rollAll, setUp } from "./rolling.ts";

async function world(folder: string) {
  await using started = new AsyncDisposableStack();
  const a = started.use(await Backend.start("web-1"));
  const b = started.use(await Backend.start("web-2"));
  const haproxy = started.use(await startHaproxy(folder, [a, b]));
  const api = started.use(await startDataPlane(haproxy.socket, "admin", "pass word"));
  writeFileSync(join(folder, "lb"), "pass word\n");
  const running = started.move();
  return {
    a,
    port: haproxy.port,
    backends: [a, b],
    api,
    config: { url: `${api.url}/`, user: "admin", secret: "lb", backend: "shop" },
    context: () => step({ secretsFolder: folder }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

test("haproxy-data-plane: applications are replaced one by one and no request fails", async () => {
  using folder = temporaryFolder();
  await using balanced = await world(folder.path);
  const context = () => balanced.context().ctx;
  const { failures, served } = await rollAll(dataPlane, balanced.config, balanced, context);
  assert.deepEqual(failures, []);
  assert.deepEqual([...served.keys()].sort(), ["web-1", "web-2"]);
  // The same without it, which shows that the load would have told.
  const untold = await replaceUntold({ ...balanced, backends: [balanced.a] });
  assert.ok(untold.failures.length > 0, "nothing failed where it must");
});

test("haproxy-data-plane: a request that takes too long fails the block, and the host keeps its traffic", async () => {
  using folder = temporaryFolder();
  await using balanced = await world(folder.path);
  const { a, config, port, context } = balanced;
  const stuck = new AbortController();
  const address = `http://127.0.0.1:${port}`;
  const asked = Promise.all(
    [1, 2].map(() => assert.rejects(fetch(`${address}/stuck`, { signal: stuck.signal }))),
  );
  // Both hosts have one of the two then.
  await setTimeout(100);
  const { block } = setUp(dataPlane, { ...config, drainTimeoutSeconds: 0.5 });
  await assert.rejects(block(a, context().ctx), {
    message:
      `sessions of shop/web-1: 1 still open after 0.5 s; raise drainTimeoutSeconds, or let ` +
      `afterDrainTimeout be "proceed"`,
  });
  const answers = [1, 2].map(async () => await (await fetch(address)).text());
  assert.deepEqual((await Promise.all(answers)).sort(), ["web-1", "web-2"]);
  stuck.abort();
  await asked;
});

test("haproxy-data-plane: what it does not know or does not allow is told", async () => {
  using folder = temporaryFolder();
  await using balanced = await world(folder.path);
  const { a, config, context, api } = balanced;
  const path = "v3/services/haproxy/runtime/backends";
  const table: [change: Record<string, unknown>, message: RegExp][] = [
    [
      { server: "x{name}" },
      /servers\/xweb-1 answered 404: HAProxy knows no shop\/xweb-1, or the API/,
    ],
    [{ backend: "store" }, /knows no store\/web-1/],
    [{ user: "guest" }, /answered 401: is guest in its userlist, and the secret lb the password/],
    [{ secret: "none" }, /there is no secret none/],
    [{ url: `${api.url}/elsewhere` }, /answered 404: .* or the API is not version 3/],
    [
      { url: "http://127.0.0.1:1" },
      new RegExp(`GET http://127.0.0.1:1/${path}/shop/servers/web-1: `),
    ],
  ];
  for (const [change, message] of table) {
    const { check, block } = setUp(dataPlane, { ...config, ...change });
    await assert.rejects(check(a, context().ctx), message);
    await assert.rejects(block(a, context().ctx), message);
  }
});
