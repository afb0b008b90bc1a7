import assert from "node:assert/strict";
import { chownSync, existsSync, lstatSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { mkdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { InstallError } from "../../../core/agent/install/install_error.ts";
import { install } from "../../../core/agent/install/install.ts";
import { targetPath } from "../../../core/agent/install/target_path.ts";
import { everythingTo, mode, read, Sandbox, spec, type Tree, write } from "./sandbox.ts";

const isRoot = process.geteuid?.() === 0;

async function refusal(work: Promise<unknown>): Promise<InstallError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof InstallError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "installed" });
}

test("a directory's contents and a file are copied with mode and time, links as links", async () => {
  using box = new Sandbox();
  const archive = box.revision({
    "app/run": "!run",
    "app/deep/er/a.txt": "a",
    "app/empty": "dir",
    "app/latest": "-> deep/er/a.txt",
    "app/gone": "-> /nowhere/at/all",
    "etc/shop.conf": "conf",
  });
  utimesSync(join(archive, "app/run"), 1_000_000, 1_000_000);
  const result = await box.install(
    archive,
    `files:
  - { source: app, destination: /srv/shop }
  - { source: /etc/shop.conf, destination: /etc/shop.conf }`,
  );
  assert.deepEqual(read(box.host), {
    "etc/shop.conf/shop.conf": "conf", // a destination is always a directory (trap 5)
    "srv/shop/deep/er/a.txt": "a",
    "srv/shop/empty": "dir",
    "srv/shop/gone": "-> /nowhere/at/all",
    "srv/shop/latest": "-> deep/er/a.txt",
    "srv/shop/run": "!run",
  });
  assert.equal(mode(join(box.host, "srv/shop/run")), "755");
  assert.equal(lstatSync(join(box.host, "srv/shop/run")).mtimeMs, 1_000_000_000);
  assert.deepEqual(result, {
    removed: 0,
    directories: 7,
    files: 5,
    unchanged: 0,
    retained: 0,
    hasRecovered: false,
  });
});

test("the instructions, the cleanup list and the pointer are left where the agent looks", async () => {
  using box = new Sandbox();
  const archive = box.revision({ "a/b.txt": "b" });
  await box.install(archive, `${everythingTo("/srv")}\npermissions: [{ object: /srv, mode: 600 }]`);
  assert.deepEqual(box.cleanupLines(), ["srv", "srv/a", "srv/a/b.txt"]);
  const json = readFileSync(join(box.instructions, "group-1-install.json"), "utf8");
  const at = (name: string): string => join(box.host, "srv", name);
  assert.deepEqual(JSON.parse(json), {
    instructions: [
      { type: "mkdir", directory: join(box.host, "srv") },
      { type: "mkdir", directory: at("a") },
      { type: "copy", source: join(archive, "a/b.txt"), destination: at("a/b.txt") },
      { type: "chmod", mode: "600", file: at("a/b.txt") },
      { type: "chmod", mode: "600", file: at("a") },
    ],
  });
  const pointer = readFileSync(join(box.instructions, "group-1_last_successful_install"), "utf8");
  assert.equal(pointer, join(archive, ".."));
});

test("trap 3: a new deployment removes what only the old one had, and no directory that was there", async () => {
  using box = new Sandbox();
  write(box.host, { "srv/own.txt": "mine" });
  await box.install(box.revision({ "a/1": "1", "b/2": "2", c: "3" }), everythingTo("/srv/shop"));
  write(box.host, { "srv/shop/b/log": "by the application" });
  const result = await box.install(box.revision({ c: "4" }), everythingTo("/srv/shop"));
  assert.deepEqual(read(box.host), {
    "srv/own.txt": "mine",
    "srv/shop/b/log": "by the application",
    "srv/shop/c": "4",
  });
  assert.equal(result.removed, 3, "files 1 and 2, and directory a");
  await box.install(box.revision({ d: "dir" }), "files: []");
  assert.deepEqual(Object.keys(read(box.host)), ["srv/own.txt", "srv/shop/b/log"]);
});

test("DISALLOW refuses a file that is there, after the old files went (trap 2)", async () => {
  using box = new Sandbox();
  await box.install(box.revision({ old: "old" }), everythingTo("/srv"));
  write(box.host, { "srv/new": "mine" });
  const error = await refusal(box.install(box.revision({ new: "new" }), everythingTo("/srv")));
  const path = join(box.host, "srv/new");
  assert.equal(
    error.message,
    `The deployment failed because a specified file already exists at this location: ${path}`,
  );
  assert.equal(error.path, path);
  assert.deepEqual(read(box.host), { "srv/new": "mine" });
  assert.ok(!existsSync(join(box.instructions, "group-1-cleanup")));
});

test("trap 4: OVERWRITE replaces and records a file, so that the next deployment deletes it", async () => {
  using box = new Sandbox();
  write(box.host, { "srv/a": "mine" });
  await box.install(box.revision({ a: "!new" }), everythingTo("/srv"), "overwrite");
  assert.deepEqual(read(box.host), { "srv/a": "!new" });
  assert.equal(mode(join(box.host, "srv/a")), "755");
  await box.install(box.revision({ b: "b" }), everythingTo("/srv"), "OVERWRITE");
  assert.deepEqual(read(box.host), { "srv/b": "b" });
});

test("trap 4: RETAIN keeps a file and does not record it, whatever the deployment says (trap 7)", async () => {
  using box = new Sandbox();
  write(box.host, { "srv/a": "mine" });
  const appSpec = `file_exists_behavior: RETAIN\n${everythingTo("/srv")}`;
  const result = await box.install(box.revision({ a: "new", b: "b" }), appSpec, "DISALLOW");
  assert.equal(result.retained, 1);
  assert.deepEqual(box.cleanupLines(), ["srv/b"]);
  await box.install(box.revision({}), "files: []");
  assert.deepEqual(read(box.host), { "srv/a": "mine" });
});

const refusals: [why: string, revision: Tree, host: Tree, appSpec: string, message: RegExp][] = [
  [
    "a source that is not there",
    {},
    {},
    "files: [{ source: app, destination: /srv }]",
    /^No such file or directory @ rb_sysopen - .*deployment-archive\/app: .*source "app"/,
  ],
  [
    "a source outside the revision",
    {},
    {},
    "files: [{ source: ../../instructions, destination: /srv }]",
    /specifies a source \(\.\.\/\.\.\/instructions\) outside the revision/,
  ],
  [
    "two sources for one destination",
    { "a/x": "1", "b/x": "2" },
    {},
    "files: [{ source: a, destination: /srv }, { source: b, destination: /srv }]",
    /specifies two source files named .*b\/x and .*a\/x for the same destination \(.*srv\/x\)/,
  ],
  [
    "a file where a directory is made",
    { "a/x/y": "1", "b/x": "2" },
    {},
    "files: [{ source: a, destination: /srv }, { source: b, destination: /srv }]",
    /calls for installing the file .*b\/x, but a file with that name already exists/,
  ],
  [
    "a directory where a file is put",
    { "a/x/y": "1", "b/x": "2" },
    {},
    "files: [{ source: b, destination: /srv }, { source: a, destination: /srv }]",
    /includes an mkdir command more than once for the same destination path \(.*srv\/x\)/,
  ],
  [
    "a file of the host where a directory is needed",
    { x: "1" },
    { srv: "a file" },
    "files: [{ source: /, destination: /srv/shop }]",
    /a specified file already exists at this location: .*host\/srv$/,
  ],
  [
    "a link over a file of the host",
    { x: "-> y" },
    { "srv/x": "mine" },
    `file_exists_behavior: OVERWRITE\n${everythingTo("/srv")}`,
    /a specified file already exists at this location: .*srv\/x$/,
  ],
  [
    "a name with a line break",
    { "a\nb": "1" },
    {},
    everythingTo("/srv"),
    /whose name contains a line break \(".*a\\nb"\)/,
  ],
  [
    "an unknown owner",
    { x: "1" },
    {},
    `${everythingTo("/srv")}\npermissions: [{ object: /srv, owner: nobody-here }]`,
    /^can't find user for nobody-here: /,
  ],
];
for (const [why, revision, host, appSpec, message] of refusals) {
  test(`Install refuses ${why}`, async () => {
    using box = new Sandbox();
    write(box.host, host);
    assert.match((await refusal(box.install(box.revision(revision), appSpec))).message, message);
  });
}

test("another word for fileExistsBehavior is refused", async () => {
  using box = new Sandbox();
  const error = await refusal(box.install(box.revision({}), "files: []", "replace"));
  assert.match(
    error.message,
    /invalid option was specified for fileExistsBehavior: replace\. Valid/,
  );
});

test("a link to a directory is followed inside the revision only, and a circle ends", async () => {
  using box = new Sandbox();
  write(box.root, { "outside/secret": "s" });
  const archive = box.revision({
    "app/real/file": "f",
    "app/same": "-> real",
    "app/out": `-> ${join(box.root, "outside")}`,
    "app/circle": "-> ../app",
    "app/self": "-> self",
  });
  await box.install(archive, "files: [{ source: app, destination: /srv }]");
  assert.deepEqual(read(box.host), {
    "srv/circle": "-> ../app",
    "srv/out": `-> ${join(box.root, "outside")}`,
    "srv/real/file": "f",
    "srv/same/file": "f",
    "srv/self": "-> self",
  });
});

test("an install root may be relative, and takes relative and parent paths in", async () => {
  using box = new Sandbox();
  const archive = box.revision({ a: "a" });
  await install({
    archiveDir: archive,
    deploymentRoot: join(archive, ".."),
    instructionsDir: box.instructions,
    groupId: "g",
    appSpec: spec("files: [{ source: a, destination: app }, { source: a, destination: ../../up }]"),
    fileExistsBehavior: "DISALLOW",
    installRoot: relative(process.cwd(), box.host),
  });
  assert.deepEqual(read(box.host), { "app/a": "a", "up/a": "a" });
  assert.equal(targetPath("~/app", undefined), join(homedir(), "app"));
  assert.equal(targetPath("app/", undefined), join(process.cwd(), "app"));
  assert.equal(targetPath("/srv/", "/r"), "/r/srv");
});

test("owner and special bits of a copied file are kept", { skip: !isRoot }, async () => {
  using box = new Sandbox();
  const archive = box.revision({ tool: "!tool" });
  chownSync(join(archive, "tool"), 12, 34);
  await box.install(archive, everythingTo("/srv"));
  const { uid, gid } = lstatSync(join(box.host, "srv/tool"));
  assert.deepEqual([uid, gid], [12, 34]);
});

test(
  "an owner is given after the mode, to a link itself, by name or number",
  { skip: !isRoot },
  async () => {
    using box = new Sandbox();
    const archive = box.revision({ tool: "!tool", link: "-> /etc/hostname" });
    const before = lstatSync("/etc/hostname");
    await box.install(
      archive,
      `${everythingTo("/srv")}
permissions: [{ object: /srv, owner: nobody, group: 4321, mode: 4755 }]`,
    );
    const tool = lstatSync(join(box.host, "srv/tool"));
    assert.deepEqual([tool.uid, tool.gid], [65534, 4321]);
    assert.equal(mode(join(box.host, "srv/tool")), "755", "chown takes setuid away (trap 12)");
    assert.equal(lstatSync(join(box.host, "srv/link")).uid, 65534);
    assert.equal(lstatSync("/etc/hostname").uid, before.uid);
  },
);

test("the cleanup removes a link itself, and leaves a line alone that is no absolute path", async () => {
  using box = new Sandbox();
  mkdirSync(box.instructions);
  writeFileSync(join(box.instructions, "group-1-cleanup"), `${join(box.host, "link")}\nrelative\n`);
  write(box.root, { "outside/kept": "k" });
  symlinkSync(join(box.root, "outside"), join(box.host, "link"));
  await box.install(box.revision({}), "files: []");
  assert.deepEqual(read(box.root)["outside/kept"], "k");
  assert.deepEqual(read(box.host), {});
});

const name = fc.constantFrom("a", "b", "c", "d");
const tree = fc.dictionary(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
  fc.constantFrom("x", "!y", "-> a", "-> ../b", "-> /nowhere"),
  { maxKeys: 8 },
).map(withoutClashes);

/** Leaves out paths below a path that is a file. */
function withoutClashes(tree: Tree): Tree {
  const names = Object.keys(tree);
  const below = (path: string): boolean => names.some((other) => path.startsWith(`${other}/`));
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !below(path)));
}

test("after A and then B exactly the files of B are there, as after B alone", async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, async (first, second) => {
      using box = new Sandbox();
      using fresh = new Sandbox();
      await box.install(box.revision(first), everythingTo("/srv"));
      await box.install(box.revision(second), everythingTo("/srv"));
      await fresh.install(fresh.revision(second), everythingTo("/srv"));
      assert.deepEqual(read(box.host), read(fresh.host));
    }),
    { numRuns: 60 },
  );
});
