/** The balancer `haproxy` against HAProxy itself. @module */
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import haproxy from "../../../plugins/balancers/haproxy.ts";
import { startHaproxy } from "./haproxy_process.ts";
import { Backend, step, temporaryFolder } from "./programs.ts";
import { startLoad } from "./load.ts";
import { replaceUntold, rollAll, servedBy, setUp } from "./rolling.ts";

test("haproxy: applications are replaced one by one and no request fails", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using b = await Backend.start("web-2");
  await using balancer = await startHaproxy(folder.path, [a, b]);
  const world = { port: balancer.port, backends: [a, b] };
  const { failures, served } = await rollAll(
    haproxy,
    { socket: [balancer.socket, balancer.tcp], backend: "shop" },
    world,
  );
  assert.deepEqual(failures, []);
  assert.deepEqual([...served.keys()].sort(), ["web-1", "web-2"]);
  // The same without it, which shows that the load would have told.
  const untold = await replaceUntold({ ...world, backends: [a] });
  assert.ok(untold.failures.length > 0, "nothing failed where it must");
});

for (
  const [led, backend, server, cookie] of [
    ["a cookie", "cookie SRV insert", "check inter 100ms cookie NAME", "cookie: SRV=web-1\r\n"],
    ["a stick table", "stick-table type ip size 10\n  stick on src", "check inter 100ms", ""],
  ] as const
) {
  test(`haproxy: those whom ${led} leads to a host are led elsewhere, and none fails`, async () => {
    using folder = temporaryFolder();
    await using a = await Backend.start("web-1");
    await using b = await Backend.start("web-2");
    await using balancer = await startHaproxy(folder.path, [a, b], { server, backend });
    const { block, allow } = setUp(haproxy, { socket: balancer.socket, backend: "shop" });
    const load = startLoad(balancer.port, cookie);
    const served = ({ host }: Backend) => load.served.get(host.name) ?? 0;
    while (served(a) + served(b) < 30 && load.failures.length === 0) await setTimeout(20);
    // All but the first requests of a moment are led to one of the two.
    const [led, other] = served(a) > served(b) ? [a, b] : [b, a];
    assert.ok(served(other) < 7, [...load.served].join());
    // The time in which a drained host may become empty is half a second here.
    await block(led, step({ timeLapse: 60 }).ctx);
    await led.kill();
    await servedBy(load, other.host.name);
    await led.start();
    await allow(led);
    await load.stop();
    assert.deepEqual(load.failures, []);
  });
}

test("haproxy: a host that its check has not found up yet gets no traffic", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using b = await Backend.start("web-2");
  await using balancer = await startHaproxy(folder.path, [a, b], { server: "check inter 700ms" });
  const { block, allow } = setUp(haproxy, { socket: balancer.socket, backend: "shop" });
  const load = startLoad(balancer.port);
  await block(a);
  await a.kill();
  const letIn = allow(a);
  await setTimeout(500);
  await a.start();
  await letIn;
  await servedBy(load, "web-1");
  await load.stop();
  assert.deepEqual(load.failures, []);
});

test("haproxy: a server without a check is let in at once", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startHaproxy(folder.path, [a], { server: "" });
  const { block, allow } = setUp(haproxy, { socket: balancer.socket, backend: "shop" });
  await block(a);
  await allow(a);
  assert.equal(await (await fetch(`http://127.0.0.1:${balancer.port}`)).text(), "web-1");
});

test("haproxy: a request that takes too long fails the block, and the host keeps its traffic", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startHaproxy(folder.path, [a]);
  const address = `http://127.0.0.1:${balancer.port}`;
  const stuck = new AbortController();
  const asked = assert.rejects(fetch(`${address}/stuck`, { signal: stuck.signal }));
  await sessionsOf(balancer.socket, 1);
  const config = { socket: balancer.socket, backend: "shop", drainTimeoutSeconds: 1 };
  await assert.rejects(setUp(haproxy, config).block(a), {
    message: `sessions of shop/web-1 of HAProxy at ${balancer.socket}: 1 still open after 1 s; ` +
      `raise drainTimeoutSeconds, or let afterDrainTimeout be "proceed"`,
  });
  assert.equal(await (await fetch(address)).text(), "web-1");

  const { ctx, lines } = step();
  await setUp(haproxy, { ...config, afterDrainTimeout: "proceed" }).block(a, ctx);
  assert.match(lines.join("\n"), /1 still open after 1 s; the deployment goes on all the same/);
  assert.equal(await statusOf(address), 503);
  // It was out before, and may be broken.
  await assert.rejects(setUp(haproxy, config).block(a), /1 still open after 1 s/);
  assert.equal(await statusOf(address), 503);
  stuck.abort();
  await asked;
});

async function statusOf(address: string): Promise<number> {
  const { status, body } = await fetch(address);
  await body?.cancel();
  return status;
}

/** Settles when so many are under way. */
async function sessionsOf(socket: string, count: number): Promise<void> {
  for (let look = 0; look < 100; look++) {
    const text = await step().ctx.exchange(socket, "show stat shop 4 -1\n");
    const [, row = ""] = text.split("\n");
    if (Number(row.split(",")[4]) === count) return;
    await setTimeout(20);
  }
  assert.fail("the requests do not come");
}

test("haproxy: a host that its check finds down is not in", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startHaproxy(folder.path, [a]);
  const config = { socket: balancer.socket, backend: "shop", upTimeoutSeconds: 1 };
  await a.kill();
  for (let look = 0; look < 100; look++) {
    if ((await step().ctx.exchange(balancer.socket, "show stat\n")).includes(",DOWN,")) break;
    await setTimeout(20);
  }
  await assert.rejects(
    setUp(haproxy, config).allow(a),
    /shop\/web-1 of .* is DOWN after 1 s and gets no traffic/,
  );
});

test("haproxy: what it does not know or does not allow is told, and changes nothing", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startHaproxy(folder.path, [a]);
  const { socket, user } = balancer;
  const table: [config: Record<string, unknown>, message: RegExp][] = [
    [{ socket, backend: "shop", server: "x-{name}" }, /no server x-web-1 in shop; it has web-1\./],
    [{ socket, backend: "shop", server: "{tag:zone}" }, /web-1 has no tag zone/],
    [{ socket, backend: "shop", server: "{host}" }, /there are \{name\} and \{tag:KEY\}/],
    [
      { socket, backend: "shop", server: "a; disable frontend in" },
      /cannot be a server of HAProxy/,
    ],
    [{ socket, backend: "empty" }, /no server web-1 in empty\./],
    [{ socket, backend: "store" }, /no backend store: No such proxy/],
    [{ socket: user, backend: "shop" }, /Write "level admin" behind its "stats socket"/],
  ];
  for (const [config, message] of table) {
    const { check, block } = setUp(haproxy, config);
    await assert.rejects(check(a), message);
    await assert.rejects(block(a), message);
  }
  assert.equal(await (await fetch(`http://127.0.0.1:${balancer.port}`)).text(), "web-1");
});

test("haproxy: a socket without an answer fails with the socket's name, and ends with the step", async () => {
  using folder = temporaryFolder();
  const [silent, absent] = [join(folder.path, "silent"), join(folder.path, "absent")];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(silent, resolve));
  try {
    const one = { host: { name: "web-1", tags: [] } };
    const at = (path: string) => setUp(haproxy, { socket: `unix:${path}`, backend: "shop" });
    for (const path of [silent, absent]) {
      const start = `HAProxy does not answer "show stat shop 4 -1" at unix:${path}: `;
      for (const act of [at(path).check, at(path).block]) {
        await assert.rejects(
          act(one),
          (error: Error) => error.message.startsWith(start),
        );
      }
    }
    const signal = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(at(silent).block(one, step({ signal }).ctx), {
      message: "stopped",
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});
