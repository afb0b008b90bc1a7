import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { everythingTo, read, Sandbox, type Tree } from "./sandbox.ts";

const CRASH_TREE: Tree = { "a/1": "1", "a/2": "2", "b/c/3": "3", "b/c/4": "-> 3" };

test("killed while it removed the old files, Install goes on where it was", async () => {
  using box = new Sandbox();
  await box.install(box.revision(CRASH_TREE), everythingTo("/srv"));
  rmSync(join(box.host, "srv/b/c"), { recursive: true }); // the last ones of the list go first
  await box.install(box.revision({ d: "d" }), everythingTo("/srv"));
  assert.deepEqual(read(box.host), { "srv/d": "d" });
});

test("a process killed by SIGKILL at any time leaves nothing that the next Install trips over", async () => {
  using box = new Sandbox();
  const big: Record<string, string> = {};
  for (let number = 0; number < 3000; number++) {
    big[`d${String(number % 30).padStart(2, "0")}/f${number}`] = "x".repeat(500);
  }
  const archive = box.revision(big);
  for (const landmark of ["srv", "srv/d05", "srv/d17", "srv/d29"]) {
    const child = spawn(
      process.execPath,
      ["run", "-A", "--no-check", CHILD, box.root, dirname(archive)],
      { stdio: "ignore" },
    );
    const ended = once(child, "exit");
    await until(() => existsSync(join(box.host, landmark)) || child.exitCode !== null);
    child.kill("SIGKILL");
    assert.deepEqual(await ended, [null, "SIGKILL"]);
  }
  await box.install(box.revision({ a: "a" }), everythingTo("/srv"));
  assert.deepEqual(read(box.host), { "srv/a": "a" });
});

const CHILD = fileURLToPath(new URL("./install_child.ts", import.meta.url).href);

/** Looks again and again until it is so, for half a minute at most. */
async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !isSo();) {
    assert.ok(Date.now() < deadline, "it did not happen within half a minute");
    await setTimeout(1);
  }
}
