import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileModeMask } from "../../../core/agent/file_mode_mask.ts";
import { KillingWriter } from "./killing_writer.ts";
import { everythingTo, mode, read, Sandbox, type Tree, write } from "./sandbox.ts";

const isRoot = process.geteuid?.() === 0;
const SRV = everythingTo("/srv");
const [FILES, CHANGED] = [200, 2];

/** So many files, the first `changed` of them with another text of the same length. */
function numbered(changed: number): Tree {
  const entries = Array.from({ length: FILES }, (_, number) => [
    `d${number % 10}/f${number}`,
    `${number < changed ? "new" : "old"} ${number}`,
  ]);
  return Object.fromEntries(entries);
}

for (const changed of [0, CHANGED, FILES]) {
  test(`of ${FILES} files with ${changed} changed, only these are written, and the others keep their inode`, async () => {
    using box = new Sandbox();
    await box.install(box.revision(numbered(0)), SRV);
    const inodes = inodesBelow(box, numbered(0));
    const killing = new KillingWriter();
    const archive = box.revision(numbered(changed));
    const result = await box.install(archive, SRV, "DISALLOW", { writer: killing.writer });
    assert.deepEqual(read(join(box.host, "srv")), read(archive));
    const same = inodesBelow(box, numbered(0)).filter((inode, index) => inode === inodes[index]);
    assert.equal(same.length, FILES - changed);
    assert.equal(result.unchanged, FILES - changed);
    const count = (name: string) => killing.names.filter((other) => other === name).length;
    assert.deepEqual([count("copy"), count("unlink"), count("rmdir"), count("mkdir")], [
      changed,
      1, // the journal
      0,
      0,
    ]);
  });
}

function inodesBelow(box: Sandbox, tree: Tree): number[] {
  return Object.keys(tree).map((path) => lstatSync(join(box.host, "srv", path)).ino);
}

/** What somebody does to an installed file, and whether the next Install of the same leaves it. */
const tampering: [what: string, tamper: (path: string) => void, stays: boolean][] = [
  ["nothing", () => {}, true],
  ["another mode", (path) => chmodSync(path, 0o777), true],
  ["another time", (path) => utimesSync(path, 5, 5), true],
  ["another owner", (path) => isRoot && chownSync(path, 12, 34), true],
  ["other bytes of the same length and time", (path) => {
    const { atimeMs, mtimeMs } = lstatSync(path);
    writeFileSync(path, "other text");
    utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
  }, false],
  ["more bytes", (path) => writeFileSync(path, "more of a text"), false],
  ["a second name", (path) => linkSync(path, `${path}.kept`), false],
  ["a link in its place", (path) => {
    unlinkSync(path);
    symlinkSync("/etc/hostname", path);
  }, false],
  ["nothing in its place", (path) => unlinkSync(path), false],
];
for (const [what, tamper, stays] of tampering) {
  test(`an installed file with ${what} is as a fresh copy after the next Install`, async () => {
    using box = new Sandbox();
    const archive = box.revision({ "tool": "!first text" });
    utimesSync(join(archive, "tool"), 1_000_000, 1_000_000);
    await box.install(archive, SRV);
    const path = join(box.host, "srv/tool");
    const { ino } = lstatSync(path);
    // While it is open, no other file gets its number.
    const held = openSync(path, "r");
    tamper(path);
    await box.install(archive, SRV);
    closeSync(held);
    const { mtimeMs, uid, gid, nlink, ...after } = lstatSync(path);
    assert.equal(readFileSync(path, "utf8"), "!first text");
    assert.equal(mode(path), "755");
    const owner = lstatSync(join(archive, "tool"));
    assert.deepEqual([mtimeMs, uid, gid, nlink], [1_000_000_000, owner.uid, owner.gid, 1]);
    assert.equal(after.ino === ino, stays);
  });
}

test("a directory that stays has the mode of a new one again", async () => {
  using box = new Sandbox();
  const archive = box.revision({ "a/b": "b" });
  await box.install(archive, `${SRV}\npermissions: [{ object: /srv, mode: 700 }]`);
  assert.equal(mode(join(box.host, "srv/a")), "700");
  await box.install(archive, SRV);
  assert.equal(mode(join(box.host, "srv/a")), (0o777 & ~fileModeMask()).toString(8));
});

test("a link that a process puts in a file's place is replaced, never written through", async () => {
  using box = new Sandbox();
  write(box.root, { "outside/secret": "s" });
  const secret = join(box.root, "outside/secret");
  for (const behavior of ["OVERWRITE", "DISALLOW"]) {
    await box.install(box.revision({ a: behavior }), SRV, behavior);
    const path = join(box.host, "srv/a");
    rmSync(path);
    symlinkSync(secret, path);
    await box.install(box.revision({ a: "next" }), SRV, behavior);
    assert.deepEqual([readFileSync(secret, "utf8"), lstatSync(path).isFile()], ["s", true]);
  }
  symlinkSync("/nowhere/at/all", join(box.host, "srv/b"));
  await box.install(box.revision({ b: "text" }), SRV);
  assert.deepEqual(read(box.host), { "srv/b": "text" }, "a link to nothing counts as nothing");
});

test("one directory under two names gets the file of the later source", async () => {
  using box = new Sandbox();
  write(box.host, { "real": "dir", "other": "-> real" });
  const archive = box.revision({ "a/x": "first", "b/x": "second" });
  const files = "files: [{ source: a, destination: /real }, { source: b, destination: /other }]";
  for (let time = 0; time < 2; time++) {
    await box.install(archive, files);
    assert.deepEqual(read(box.host), { "other": "-> real", "real/x": "second" });
  }
});
