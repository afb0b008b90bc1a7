import assert from "node:assert/strict";
import { existsSync, lstatSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { everythingTo, read, Sandbox, write } from "./sandbox.ts";
import { KillingWriter } from "./killing_writer.ts";

const SRV = everythingTo("/srv");
const BEFORE = { existenceChecks: "before-removal" } as const;

test("existence checks before the removal name every file in the way with its owners, and change nothing", async () => {
  using box = new Sandbox();
  await box.install(box.revision({ old: "old", shared: "s" }), SRV);
  write(box.host, { "srv/a": "mine", "srv/b/c": "mine", "srv/d": "kept" });
  const others = join(box.instructions, "group-2-cleanup");
  writeFileSync(others, `${join(box.host, "srv/a")}\n`);
  const before = read(box.root);
  const archive = box.revision({ a: "1", "b/c": "2", e: "3", shared: "t" });
  const killing = new KillingWriter();
  await assert.rejects(
    box.install(archive, SRV, "DISALLOW", { ...BEFORE, writer: killing.writer }),
    {
      name: "InstallError",
      message:
        /2 specified files .*\n {2}.*srv\/a \(owner: \w+, installed by deployment group group-2\)\n {2}.*srv\/b\/c \(owner: \w+\)\n Nothing was removed or written/,
    },
  );
  assert.deepEqual(killing.names, []);
  const after = Object.entries(read(box.root)).filter(([path]) => !path.startsWith("d-2/"));
  assert.deepEqual(Object.fromEntries(after), before);
});

test("adopted files count as installed; other texts, types and other groups' files do not", async () => {
  using box = new Sandbox();
  write(box.host, { "srv/a": "same", "srv/l": "-> a", "srv/b": "other" });
  const adopt = { adoptIfIdentical: true };
  const { ino } = lstatSync(join(box.host, "srv/a"));
  await box.install(box.revision({ a: "same", l: "-> a" }), SRV, "DISALLOW", adopt);
  assert.deepEqual(box.cleanupLines(), ["srv/a", "srv/l"]);
  assert.equal(lstatSync(join(box.host, "srv/a")).ino, ino);
  const refused = { message: /already exists at this location: .*srv\/b$/ };
  await assert.rejects(
    box.install(box.revision({ b: "mine!" }), SRV, "DISALLOW", adopt),
    refused,
  );
  assert.ok(!existsSync(join(box.host, "srv/a")), "adopted files are removed as installed ones");
  writeFileSync(join(box.instructions, "group-2-cleanup"), `${join(box.host, "srv/b")}\n`);
  await assert.rejects(
    box.install(box.revision({ b: "other" }), SRV, "DISALLOW", adopt),
    refused,
  );
});

test("what was installed is on the disk before the list, and the list before the pointer", async () => {
  using box = new Sandbox();
  await box.install(box.revision({ a: "a", b: "b" }), SRV);
  const { writer, names } = new KillingWriter();
  await box.install(box.revision({ a: "new", c: "c" }), SRV, "DISALLOW", { writer });
  const lastCopy = names.lastIndexOf("copy");
  // The file and its directories, the list and its folder, the pointer and its folder, the end.
  const tail = names.slice(lastCopy).filter((name) => name !== "append");
  const order = tail.slice(tail.indexOf("syncFile"));
  assert.equal(order.filter((name) => name === "rename").length, 2, order.join(" "));
  const [list, pointer] = [order.indexOf("rename"), order.lastIndexOf("rename")];
  assert.ok(order.slice(0, list).includes("syncFolder"), "the data goes before the list");
  for (const renamed of [list, pointer]) {
    assert.deepEqual([order[renamed - 1], order[renamed + 1]], ["syncFile", "syncFolder"]);
  }
  assert.deepEqual(order.slice(-2), ["unlink", "syncFolder"], "the journal goes last");
});
