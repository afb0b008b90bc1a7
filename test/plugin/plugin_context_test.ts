/** What plugins reach the world with: real sockets, programs, files and databases. @module */
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Database from "libsql";
import { statOf } from "../../core/platform/process_group.ts";
import { createPluginContext } from "../../core/plugin/plugin_context.ts";

function folder() {
  const path = mkdtempSync(join(tmpdir(), "context-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

function context(signal = new AbortController().signal, secretsFolder = "/nowhere") {
  const now = () => 42;
  return createPluginContext({ signal, now, log() {}, secretsFolder, timeLapse: 1 });
}

/** A step that is given up after some milliseconds. */
function givenUpAfter(ms: number): AbortSignal {
  const step = new AbortController();
  globalThis.setTimeout(() => step.abort(new Error("the deployment was stopped")), ms);
  return step.signal;
}

async function listen(server: Server, at: { path: string } | { port: 0; host: string }) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(at, resolve));
  const address = server.address();
  return {
    // because a server at a port has an address with one; nobody asks at a path
    port: (address as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const LOCAL = { port: 0, host: "127.0.0.1" } as const;

function web(answer: RequestListener) {
  return listen(createHttpServer(answer), LOCAL);
}

test("fetch answers what came, with its status and headers", async () => {
  await using server = await web((request, response) => {
    response.writeHead(418, { "x-a": "b" }).end(`${request.method} ${request.url}`);
  });
  const address = `http://127.0.0.1:${server.port}/pot?a=1`;
  const response = await context().fetch(address, { method: "POST" });
  assert.equal(response.status, 418);
  assert.equal(response.headers.get("x-a"), "b");
  assert.equal(await response.text(), "POST /pot?a=1");
});

test("fetch takes an answer without a body", async () => {
  await using server = await web((_, response) => response.writeHead(204).end());
  assert.equal((await context().fetch(`http://127.0.0.1:${server.port}/`)).status, 204);
});

test("fetch names the address, and no password, when nobody answers there", async () => {
  let port = 0;
  {
    await using server = await web((_, response) => response.end());
    port = server.port;
  }
  await assert.rejects(
    context().fetch(`http://127.0.0.1:${port}/health`),
    (error: Error) => error.message.startsWith(`GET http://127.0.0.1:${port}/health: `),
  );
  await assert.rejects(
    context().fetch(`http://me:hidden@127.0.0.1:${port}/`),
    (error: Error) => error.message.startsWith("GET http://") && !error.message.includes("hidden"),
  );
});

test("fetch ends with its time, also in the middle of an answer, and with the step", async () => {
  await using server = await web((request, response) => {
    if (request.url === "/half") response.write("half");
  });
  for (const path of ["/none", "/half"]) {
    const address = `http://127.0.0.1:${server.port}${path}`;
    await assert.rejects(
      context().fetch(address, { timeoutMs: 100 }),
      { message: `GET ${address}: no answer within 0.1 s` },
    );
    const ended = context(givenUpAfter(50)).fetch(address);
    await assert.rejects(ended, { message: "the deployment was stopped" });
  }
});

test("fetch reads 8 MiB and no more", async () => {
  await using server = await web((request, response) => {
    response.end(Buffer.alloc(8 * 1024 * 1024 + Number(request.url?.slice(1))));
  });
  const whole = await context().fetch(`http://127.0.0.1:${server.port}/0`);
  assert.equal((await whole.arrayBuffer()).byteLength, 8 * 1024 * 1024);
  await assert.rejects(
    context().fetch(`http://127.0.0.1:${server.port}/1`),
    /the answer is longer than 8 MiB/,
  );
});

/** Answers "I heard …" when the other side has said all; "silence" hears and says nothing. */
function echo() {
  return createServer({ allowHalfOpen: true }, (socket) => {
    let heard = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => heard += chunk);
    socket.on("end", () => {
      if (heard === "flood\n") socket.end(Buffer.alloc(1024 * 1024 + 1));
      else if (heard !== "silence\n") socket.end(`I heard ${heard}`);
    });
  });
}

test("exchange speaks over a unix socket and over TCP, of both families", async () => {
  using temporary = folder();
  const path = join(temporary.path, "s");
  await using _unix = await listen(echo(), { path });
  await using tcp = await listen(echo(), LOCAL);
  await using tcp6 = await listen(echo(), { port: 0, host: "::1" });
  const addresses = [`unix:${path}`, `tcp:127.0.0.1:${tcp.port}`, `tcp:[::1]:${tcp6.port}`];
  for (const address of addresses) {
    assert.equal(await context().exchange(address, "né\n"), "I heard né\n", address);
  }
});

test("exchange names the socket when nobody is there, silent or too talkative", async () => {
  using temporary = folder();
  const path = join(temporary.path, "s");
  const ask = (text: string) => context().exchange(`unix:${path}`, text, { timeoutMs: 150 });
  await assert.rejects(
    ask("hello\n"),
    (error: Error) => error.message.startsWith(`unix:${path}: `),
  );
  await using _server = await listen(echo(), { path });
  await assert.rejects(ask("silence\n"), { message: `unix:${path}: no answer within 0.15 s` });
  await assert.rejects(ask("flood\n"), {
    message: `unix:${path}: the answer is longer than 1 MiB`,
  });
  const ended = context(givenUpAfter(50)).exchange(`unix:${path}`, "silence\n");
  await assert.rejects(ended, { message: "the deployment was stopped" });
  await assert.rejects(context().exchange(path, "hello\n"), /write unix:\/PATH or tcp:HOST:PORT/);
});

test("run gives input, takes output, and tells the exit code", async () => {
  const end = await context().run(["/bin/sh", "-c", "cat; echo $A >/dev/stderr; exit 3"], {
    input: "in",
    env: { A: "b" },
  });
  assert.deepEqual(end, { code: 3, stdout: "in", stderr: "b\n" });
  const killed = await context().run(["/bin/sh", "-c", "kill -9 $$"]);
  assert.equal(killed.code, 137);
});

test("run uses no shell, and keeps the server's keys from the program", async () => {
  process.env["RUNTIME_ADMIN_SECRET_ACCESS_KEY"] = "hidden";
  try {
    assert.equal((await context().run(["echo", "$HOME;id"])).stdout, "$HOME;id\n");
    const { stdout } = await context().run(["env"]);
    assert.match(stdout, /^PATH=/m);
    assert.doesNotMatch(stdout, /hidden/);
  } finally {
    delete process.env["RUNTIME_ADMIN_SECRET_ACCESS_KEY"];
  }
});

test("run keeps the first 64 KiB of much output, and does not hold the program up", async () => {
  const { code, stdout } = await context().run(["head", "-c", "3000000", "/dev/zero"]);
  assert.equal(code, 0);
  assert.equal(stdout.length, 64 * 1024);
});

test("run does not wait for what the program left in the background", async () => {
  const began = performance.now();
  const { stdout } = await context().run(["/bin/sh", "-c", "sleep 30 & echo $!"]);
  process.kill(Number(stdout));
  assert.ok(performance.now() - began < 5000);
});

test("run says which program it could not start", async () => {
  await assert.rejects(
    context().run(["/no/such/program"]),
    /^Error: \/no\/such\/program cannot be/,
  );
  await assert.rejects(context().run([]), /no program to run/);
});

test("run ends a program with all that it started, when the step is given up or time is over", async () => {
  using temporary = folder();
  const pids = join(temporary.path, "pids");
  const command = ["/bin/sh", "-c", `sleep 60 & echo $$ $! >${pids}; wait`];
  const ends: [run: () => Promise<unknown>, message: RegExp][] = [
    [() => context(givenUpAfter(300)).run(command), /the deployment was stopped/],
    [() => context().run(command, { timeoutMs: 300 }), /sleep 60 .* had not ended after 0.3 s/],
  ];
  for (const [run, message] of ends) {
    await assert.rejects(run, message);
    const left = readFileSync(pids, "utf8").trim().split(" ").map(Number)
      .filter((pid) => ![undefined, "Z"].includes(statOf(pid)?.state));
    assert.deepEqual(left, []);
  }
});

test("readFile reads files, also those of the kernel, and nothing that could wait", async () => {
  using temporary = folder();
  const path = join(temporary.path, "a");
  assert.equal(await context().readFile(path), undefined);
  writeFileSync(path, "é");
  assert.equal(await context().readFile(path), "é");
  assert.match(await context().readFile("/proc/self/status") ?? "", /^Pid:/m);
  await context().run(["mkfifo", `${path}.fifo`]);
  await assert.rejects(context().readFile(`${path}.fifo`), /is not a file/);
  await assert.rejects(context().readFile("a"), /must be a whole path/);
});

test("readFile finds no file of a process that ends while it is read", async () => {
  for (let round = 0; round < 100; round++) {
    const file = `/proc/${spawn("true").pid}/cmdline`;
    while (await context().readFile(file) !== undefined);
  }
});

test("replaceFile keeps mode and owner, and leaves nothing beside the file", async () => {
  using temporary = folder();
  const path = join(temporary.path, "a.conf");
  writeFileSync(path, "old");
  chmodSync(path, 0o640);
  if (process.getuid?.() === 0) chownSync(path, 12, 34);
  const before = statSync(path);
  await context().replaceFile(path, "new");
  const after = statSync(path);
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid]);
  assert.notEqual(after.ino, before.ino);
  await context().replaceFile(join(temporary.path, "b.conf"), "made");
  assert.equal(statSync(join(temporary.path, "b.conf")).mode & 0o777, 0o644);
  assert.deepEqual(readdirSync(temporary.path).sort(), ["a.conf", "b.conf"]);
});

test("replaceFile refuses a link and a folder, and changes nothing", async () => {
  using temporary = folder();
  const [file, link] = [join(temporary.path, "a"), join(temporary.path, "link")];
  writeFileSync(file, "old");
  symlinkSync(file, link);
  await assert.rejects(context().replaceFile(link, "new"), {
    message: `${link} is a link to ${file}; name the file itself`,
  });
  await assert.rejects(context().replaceFile(temporary.path, "new"), /is not a file/);
  assert.equal(readFileSync(file, "utf8"), "old");
  assert.deepEqual(readdirSync(temporary.path).sort(), ["a", "link"]);
});

test("replaceFile shows a reader the old text or the new one, never half", async () => {
  using temporary = folder();
  const path = join(temporary.path, "a");
  const texts = ["a".repeat(200_000), "b".repeat(100_000)];
  writeFileSync(path, texts[0] ?? "");
  let writing = true;
  const writer = (async () => {
    for (let i = 1; i <= 20; i++) await context().replaceFile(path, texts[i % 2] ?? "");
    writing = false;
  })();
  while (writing) assert.ok(texts.includes(await context().readFile(path) ?? ""));
  await writer;
});

test("query reads a database that is in use, and cannot change it", async () => {
  using temporary = folder();
  const path = join(temporary.path, "a #?%.db");
  const owner = new Database(path);
  owner.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1), ('x')");
  const ctx = context();
  assert.deepEqual(await ctx.query(path, "SELECT a FROM t"), [{ a: 1 }, { a: "x" }]);
  const changes = ["INSERT INTO t VALUES (3)", "DELETE FROM t RETURNING a", "DROP TABLE t"];
  for (const sql of changes) {
    await assert.rejects(
      ctx.query(path, sql),
      /the query of .* failed: /,
      sql,
    );
  }
  await assert.rejects(ctx.query(path, "SELECT b FROM t"), /no such column/);
  await assert.rejects(ctx.query(`${path}2`, "SELECT 1"), /failed/);
  assert.equal(owner.prepare("SELECT a FROM t").all().length, 2);
  owner.close();
  assert.ok(!readdirSync(temporary.path).includes("a #?%.db2"));
});

test("secret reads a line of a file of the secrets' folder, and of no other", async () => {
  using temporary = folder();
  const secrets = join(temporary.path, "secrets");
  mkdirSync(secrets);
  writeFileSync(join(secrets, "balancer"), "p4ss word\n");
  writeFileSync(join(secrets, "two"), "a\nb");
  writeFileSync(join(temporary.path, "outside"), "x");
  const ctx = context(undefined, secrets);
  assert.equal(await ctx.secret("balancer"), "p4ss word");
  await assert.rejects(ctx.secret("none"), /no secret none; write it, in one line, to .*\/none$/);
  await assert.rejects(ctx.secret("two"), /must be one line/);
  await assert.rejects(ctx.secret("../outside"), /is no name of a secret/);
});

test("sleep ends when the step is given up, at once", async () => {
  const began = performance.now();
  await assert.rejects(
    context(givenUpAfter(20)).sleep(60_000),
    { message: "the deployment was stopped" },
  );
  await assert.rejects(context(AbortSignal.abort(new Error("gone"))).sleep(1), { message: "gone" });
  assert.ok(performance.now() - began < 5000);
});

test("sleep is shortened by the time lapse", async () => {
  const { signal } = new AbortController();
  const input = { signal, now: Date.now, log() {}, secretsFolder: "/nowhere" };
  const long = setTimeout(20_000, "still asleep", { ref: false });
  const slept = createPluginContext({ ...input, timeLapse: 600 }).sleep(60_000);
  assert.equal(await Promise.race([slept, long]), undefined);
});
