/** Starts that cannot succeed say so in one sentence, exit non-zero and change nothing. @module */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import Database from "libsql";
import { BINARY, Fleet } from "./fleet.ts";

function start(data: string, listen = "127.0.0.1:0", env: Record<string, string> = {}) {
  const argv = ["server", "--listen", listen, "--data", data];
  const ran = spawnSync(BINARY, argv, {
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, ...env },
  });
  assert.notEqual(ran.status, null, "the server kept running");
  return ran;
}

function inDirectory(body: (directory: string) => void | Promise<void>) {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), "runtime-start-"));
    try {
      await body(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
}

test(
  "an account that is none is refused, and the data directory is not made",
  inDirectory((directory) => {
    const env = { RUNTIME_ACCOUNT_ID: "12-34" };
    const ran = start(join(directory, "data"), "127.0.0.1:0", env);
    assert.equal(ran.status, 1);
    assert.equal(
      ran.stderr,
      'RUNTIME_ACCOUNT_ID must be an account id of 12 digits, not "12-34".\n',
    );
    assert.deepEqual(readdirSync(directory), []);
  }),
);

test(
  "a port in use is named, and the data directory is not made",
  inDirectory(async (directory) => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, "127.0.0.1", () => {
        const address = taken.address();
        resolve(address !== null && typeof address === "object" ? address.port : 0);
      });
    });
    const ran = start(join(directory, "data"), `127.0.0.1:${port}`);
    taken.close();
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, new RegExp(`^port ${port} on 127\\.0\\.0\\.1 is in use`));
    assert.equal(ran.stderr.trim().split("\n").length, 1);
    assert.deepEqual(readdirSync(directory), []);
  }),
);

test(
  "a directory of something else is refused by what it holds",
  inDirectory((directory) => {
    writeFileSync(join(directory, "holiday.jpg"), "");
    const ran = start(directory);
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, /not a data directory of runtime: it holds holiday\.jpg/);
    assert.deepEqual(readdirSync(directory), ["holiday.jpg"]);
  }),
);

test(
  "a data directory of a newer version is refused, and left as it is",
  inDirectory((directory) => {
    const file = join(directory, "runtime.db");
    const db = new Database(file);
    db.exec(
      `PRAGMA application_id = ${0x524e544d}; PRAGMA user_version = 9999; CREATE TABLE t (x)`,
    );
    db.close();
    const ran = start(directory);
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, /has schema 9999, this binary knows \d+: it was written by a newer/);
    const after = new Database(file);
    const tables = after.prepare("SELECT name FROM sqlite_master").all();
    after.close();
    assert.deepEqual(JSON.parse(JSON.stringify(tables)), [{ name: "t" }]);
  }),
);

test("a second server on the same data directory is refused, the first goes on", async () => {
  const fleet = await Fleet.start(0);
  try {
    const ran = start(fleet.data);
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, /is in use by another runtime server/);
    assert.equal(await (await fetch(`${fleet.url}/healthz`)).text(), "ok");
  } finally {
    await fleet.close();
  }
});

test(
  "a full disk is said in one sentence",
  { skip: process.getuid?.() !== 0 && "needs root to mount a small disk" },
  inDirectory((directory) => {
    const disk = join(directory, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", disk]);
    try {
      const ran = start(join(disk, "data"));
      assert.equal(ran.status, 1);
      assert.match(ran.stderr, /^the disk that holds .* is full/);
      assert.equal(ran.stderr.trim().split("\n").length, 1);
    } finally {
      execFileSync("umount", [disk]);
    }
  }),
);
