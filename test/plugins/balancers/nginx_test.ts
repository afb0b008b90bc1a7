/** The balancer `nginx` against nginx itself. @module */
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import nginx from "../../../plugins/balancers/nginx.ts";
import { startNginx } from "./nginx_process.ts";
import { Backend, step, temporaryFolder } from "./programs.ts";
import { replaceUntold, rollAll, setUp } from "./rolling.ts";

test("nginx: applications are replaced one by one and no request fails", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using b = await Backend.start("web-2");
  await using balancer = await startNginx(folder.path, [a, b]);
  const world = { port: balancer.port, backends: [a, b] };
  const health = { ...balancer.config, healthUrl: "http://{tag:address}/" };
  const { failures, served } = await rollAll(nginx, health, world);
  assert.deepEqual(failures, []);
  assert.deepEqual([...served.keys()].sort(), ["web-1", "web-2"]);
  assert.equal(
    readFileSync(balancer.file, "utf8"),
    `# hosts\n  server 127.0.0.1:${a.port}   weight=1 max_fails=0;\nserver 127.0.0.1:${b.port} max_fails=0;\n`,
  );
  // The same without it, which shows that the load would have told.
  const untold = await replaceUntold({ ...world, backends: [a] });
  assert.ok(untold.failures.length > 0, "nothing failed where it must");
});

test("nginx: hosts that are taken out at the same time are all out, and all come in again", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using b = await Backend.start("web-2");
  await using c = await Backend.start("web-3");
  await using balancer = await startNginx(folder.path, [a, b, c]);
  const { block, allow } = setUp(nginx, balancer.config);
  await Promise.all([block(a), block(b)]);
  const address = `http://127.0.0.1:${balancer.port}`;
  const answers = async () => {
    const all = Array.from({ length: 12 }, async () => await (await fetch(address)).text());
    return [...new Set(await Promise.all(all))].sort().join(" ");
  };
  assert.equal(await answers(), "web-3");
  await Promise.all([allow(a), allow(b)]);
  assert.equal(await answers(), "web-1 web-2 web-3");
});

test("nginx: a request that takes too long fails the block, and the host keeps its traffic", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startNginx(folder.path, [a]);
  const address = `http://127.0.0.1:${balancer.port}`;
  const stuck = new AbortController();
  const asked = assert.rejects(fetch(`${address}/stuck`, { signal: stuck.signal }));
  assert.equal(await (await fetch(address)).text(), "web-1");
  const config = { ...balancer.config, drainTimeoutSeconds: 0.5 };
  const before = readFileSync(balancer.file, "utf8");
  await assert.rejects(
    setUp(nginx, config).block(a),
    /^Error: nginx's workers of before the reload: [12] still open after 0.5 s; raise drainTimeout/,
  );
  assert.equal(readFileSync(balancer.file, "utf8"), before);
  assert.equal(await (await fetch(address)).text(), "web-1");

  const { ctx, lines } = step();
  await setUp(nginx, { ...config, afterDrainTimeout: "proceed" }).block(a, ctx);
  assert.match(lines.join("\n"), /still open after 0.5 s; the deployment goes on all the same/);
  assert.match(readFileSync(balancer.file, "utf8"), /weight=1 max_fails=0 down;/);
  // It was out before, and may be broken.
  await assert.rejects(setUp(nginx, config).block(a), /still open after 0.5 s; raise/);
  assert.match(readFileSync(balancer.file, "utf8"), /weight=1 max_fails=0 down;/);
  stuck.abort();
  await asked;
});

test("nginx: a configuration that does not pass its test leaves file and traffic as they were", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using b = await Backend.start("web-2");
  await using balancer = await startNginx(folder.path, [a, b]);
  const before = readFileSync(balancer.file, "utf8");
  appendFileSync(balancer.configuration, "nonsense;\n");
  const { block, check } = setUp(nginx, balancer.config);
  const message = /nginx .* -t failed with exit code 1: .*unknown directive "nonsense"/;
  await assert.rejects(block(a), message);
  await assert.rejects(block(b), /shop.servers is as it was$/);
  await assert.rejects(check(a), message);
  assert.equal(readFileSync(balancer.file, "utf8"), before);
  assert.equal((await fetch(`http://127.0.0.1:${balancer.port}`)).status, 200);
});

test("nginx: one test does for the hosts that are looked at together", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using b = await Backend.start("web-2");
  await using balancer = await startNginx(folder.path, [a, b]);
  const count = join(folder.path, "tests");
  const counted = ["sh", "-c", `echo >>${count}; exec "$@"`, "test", ...balancer.config.test];
  const { check } = setUp(nginx, { ...balancer.config, test: counted });
  await Promise.all([check(a), check(b)]);
  assert.equal(readFileSync(count, "utf8"), "\n");
  await check(a);
  assert.equal(readFileSync(count, "utf8"), "\n\n");
});

test("nginx: a reload that fails or is not followed leaves the file as it was", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startNginx(folder.path, [a]);
  const before = readFileSync(balancer.file, "utf8");
  const table: [reload: string[], message: RegExp][] = [
    [["sh", "-c", "echo no rights >&2; exit 4"], /failed with exit code 4: no rights/],
    [["/no/such/nginx"], /\/no\/such\/nginx cannot be started/],
    [["true"], /nginx did not take the configuration on within 10 s of true; its error log/],
  ];
  for (const [reload, message] of table) {
    // Ten seconds are half of one here.
    const { ctx } = step({ timeLapse: 20 });
    await assert.rejects(setUp(nginx, { ...balancer.config, reload }).block(a, ctx), message);
    assert.equal(readFileSync(balancer.file, "utf8"), before);
  }
});

test("nginx: what it does not know is told, and changes nothing", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startNginx(folder.path, [a]);
  const { config } = balancer;
  const before = readFileSync(balancer.file, "utf8");
  const table: [change: Record<string, unknown>, message: RegExp][] = [
    [{ server: "{name}:80" }, /has no line "server web-1:80;"; it has 127.0.0.1:\d+\. Add it/],
    [{ file: `${config.file}2` }, /there is no .*shop.servers2; write the "server ADDRESS;" lines/],
    [{ pidFile: `${config.pidFile}2` }, /nginx.pid2 names no process; is nginx running/],
  ];
  for (const [change, message] of table) {
    const { check, block } = setUp(nginx, { ...config, ...change });
    await assert.rejects(check(a), message);
    await assert.rejects(block(a), message);
  }
  assert.equal(readFileSync(balancer.file, "utf8"), before);
});

test("nginx: where its processes cannot be seen, a drain takes its whole time", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startNginx(folder.path, [a]);
  const config = { ...balancer.config, pidFile: null, drainTimeoutSeconds: 0.7 };
  const { check, block, allow } = setUp(nginx, config);
  await check(a);
  const began = performance.now();
  await block(a);
  assert.ok(performance.now() - began >= 699);
  assert.equal((await fetch(`http://127.0.0.1:${balancer.port}`)).status, 502);
  await allow(a);
});

test("nginx: a host that is not healthy stays out", async () => {
  using folder = temporaryFolder();
  await using a = await Backend.start("web-1");
  await using balancer = await startNginx(folder.path, [a]);
  const config = {
    ...balancer.config,
    healthUrl: "http://{tag:address}/",
    healthTimeoutSeconds: 0.5,
  };
  const { block, allow } = setUp(nginx, config);
  await block(a);
  await a.kill();
  await assert.rejects(
    allow(a),
    /web-1 is not healthy after 0.5 s: GET http.*It stays out of nginx/,
  );
  assert.match(readFileSync(balancer.file, "utf8"), / down;/);
});
