import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { lockRoot, RootInUse } from "../../core/agent/lock.ts";
import { markOf } from "../../core/agent/process_mark.ts";

async function inFolder(play: (root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "lock-"));
  try {
    await play(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

const me = markOf(process.pid);
const stale: [what: string, text: string][] = [
  ["of a process that has ended", JSON.stringify({ pid: 2 ** 30, startTicks: 1, boot: me?.boot })],
  ["whose number another process has now", JSON.stringify({ ...me, startTicks: 1 })],
  ["of an earlier boot", JSON.stringify({ ...me, boot: "earlier" })],
  ["that a power loss emptied", ""],
];
for (const [what, text] of stale) {
  test(`a lock ${what} is taken over`, async () => {
    await inFolder(async (root) => {
      await writeFile(join(root, "agent.lock"), text);
      const unlock = await lockRoot(root);
      assert.deepEqual(JSON.parse(await readFile(join(root, "agent.lock"), "utf8")), me);
      await unlock();
      assert.deepEqual(await readdir(root), []);
    });
  });
}

test("the lock of a live process is respected and left as it is", async () => {
  await inFolder(async (root) => {
    const text = JSON.stringify(markOf(process.ppid));
    await writeFile(join(root, "agent.lock"), text);
    await assert.rejects(lockRoot(root), (error: unknown) => {
      assert.ok(error instanceof RootInUse);
      assert.equal(error.pid, process.ppid);
      return true;
    });
    assert.equal(await readFile(join(root, "agent.lock"), "utf8"), text);
    assert.deepEqual(await readdir(root), ["agent.lock"]);
  });
});
