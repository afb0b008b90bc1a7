/**
 * The rules of an AppSpec's files and permissions (spec 5.1 to 5.5), a row each, on real files as
 * CodeDeploy's agent leaves them. What needs another owner runs as root alone.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync } from "node:fs";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readAppSpec } from "../../../core/agent/install/find_appspec.ts";
import { everythingTo, mode, read, Sandbox, type Tree, write } from "./sandbox.ts";

const isRoot = process.geteuid?.() === 0;
const hasAcl = spawnSync("setfacl", ["--version"]).status === 0;

/** What one Install makes of a host; every path is below the install root. */
interface Row {
  readonly rule: string;
  readonly host?: Tree;
  readonly revision: Tree;
  readonly appSpec: string;
  /** The deployment's own fileExistsBehavior. */
  readonly behavior?: string;
  readonly then: Tree;
  /** The lines of the cleanup file, where the rule is about them. */
  readonly recorded?: readonly string[];
}

const SHOP = "files: [{ source: app, destination: /srv/shop }]";

const installs: readonly Row[] = [
  {
    rule: "5.3 source is a file: it goes to destination/basename",
    revision: { "app/a.txt": "a" },
    appSpec: "files: [{ source: app/a.txt, destination: /q }]",
    then: { "q/a.txt": "a" },
  },
  {
    rule: "5.3, trap 5: a destination is always a directory, there is no renaming",
    revision: { "a.txt": "a" },
    appSpec: "files: [{ source: a.txt, destination: /q/x.txt }]",
    then: { "q/x.txt/a.txt": "a" },
  },
  {
    rule: "5.3, trap 6: a source directory gives its contents, not itself",
    revision: { "app/a/b.txt": "b", "app/c.txt": "c" },
    appSpec: SHOP,
    then: { "srv/shop/a/b.txt": "b", "srv/shop/c.txt": "c" },
  },
  {
    rule: "5.3 source /: the whole bundle, its AppSpec and scripts included",
    revision: { "appspec.yml": "x", "scripts/start.sh": "!s", a: "a" },
    appSpec: everythingTo("/srv"),
    then: { "srv/a": "a", "srv/appspec.yml": "x", "srv/scripts/start.sh": "!s" },
  },
  {
    rule: "5.3 missing ancestors of a destination are made and recorded",
    revision: { "app/a": "a" },
    appSpec: "files: [{ source: app, destination: /x/y/z }]",
    then: { "x/y/z/a": "a" },
    recorded: ["x", "x/y", "x/y/z", "x/y/z/a"],
  },
  {
    rule: "5.3 a destination that exists is neither made nor recorded",
    host: { "srv/shop": "dir" },
    revision: { "app/a": "a" },
    appSpec: SHOP,
    then: { "srv/shop/a": "a" },
    recorded: ["srv/shop/a"],
  },
  {
    rule: "5.3 a symlink to a file is re-created with the same text",
    revision: { "app/a": "a", "app/b": "-> a" },
    appSpec: SHOP,
    then: { "srv/shop/a": "a", "srv/shop/b": "-> a" },
  },
  {
    rule: "5.3 a dangling symlink is re-created",
    revision: { "app/b": "-> nowhere" },
    appSpec: SHOP,
    then: { "srv/shop/b": "-> nowhere" },
  },
  {
    rule: "5.3 a symlink to a directory is followed, its contents are copied",
    revision: { "app/v1/a": "a", "app/current": "-> v1" },
    appSpec: SHOP,
    then: { "srv/shop/current/a": "a", "srv/shop/v1/a": "a" },
  },
  {
    rule: "5.3 a dangling link of the host counts as absent",
    host: { "srv/shop/x": "-> /nowhere/at/all" },
    revision: { "app/y": "y" },
    appSpec: SHOP,
    then: { "srv/shop/x": "-> /nowhere/at/all", "srv/shop/y": "y" },
  },
  {
    rule: "5.3 OVERWRITE copies over and records, so that the next one deletes it",
    host: { "srv/shop/a": "mine" },
    revision: { "app/a": "new" },
    appSpec: SHOP,
    behavior: "OVERWRITE",
    then: { "srv/shop/a": "new" },
    recorded: ["srv/shop/a"],
  },
  {
    rule: "5.3 RETAIN copies nothing over and does not record",
    host: { "srv/shop/a": "mine" },
    revision: { "app/a": "new", "app/b": "b" },
    appSpec: SHOP,
    behavior: "RETAIN",
    then: { "srv/shop/a": "mine", "srv/shop/b": "b" },
    recorded: ["srv/shop/b"],
  },
  {
    rule: "5.3, trap 7: the AppSpec's behaviour goes before the deployment's",
    host: { "srv/shop/a": "mine" },
    revision: { "app/a": "new" },
    appSpec: `file_exists_behavior: OVERWRITE\n${SHOP}`,
    behavior: "RETAIN",
    then: { "srv/shop/a": "new" },
  },
  {
    rule: "5.3 the deployment's behaviour is taken in any case",
    host: { "srv/shop/a": "mine" },
    revision: { "app/a": "new" },
    appSpec: SHOP,
    behavior: "overwrite",
    then: { "srv/shop/a": "new" },
  },
];
for (const { rule, host = {}, revision, appSpec, behavior, then, recorded } of installs) {
  test(`spec ${rule}`, async () => {
    using box = new Sandbox();
    write(box.host, host);
    await box.install(box.revision(revision), appSpec, behavior);
    assert.deepEqual(read(box.host), then);
    if (recorded) assert.deepEqual(box.cleanupLines(), recorded);
  });
}

const refusals: readonly (Omit<Row, "then" | "recorded"> & { message: RegExp })[] = [
  {
    rule: "5.3 missing source: the error of a file that cannot be opened",
    revision: {},
    appSpec: SHOP,
    message: /^No such file or directory @ rb_sysopen - .*\/app/,
  },
  {
    rule: "5.3 two sources for one destination",
    revision: { "a/x": "1", "b/x": "2" },
    appSpec: "files: [{ source: a, destination: /s }, { source: b, destination: /s }]",
    message: /specifies two source files named .* and .* for the same destination \(.*\/s\/x\)/,
  },
  {
    rule: "5.3 a file where a directory is to be made",
    revision: { "a/x/y": "1", "b/x": "2" },
    appSpec: "files: [{ source: a, destination: /s }, { source: b, destination: /s }]",
    message: /a file with that name already exists at the location/,
  },
  {
    rule: "5.3 a directory where a file is put",
    revision: { "a/x/y": "1", "b/x": "2" },
    appSpec: "files: [{ source: b, destination: /s }, { source: a, destination: /s }]",
    message: /includes an mkdir command more than once/,
  },
  {
    rule: "5.3 DISALLOW names the file that is there",
    host: { "srv/shop/a": "mine" },
    revision: { "app/a": "new" },
    appSpec: SHOP,
    message:
      /^The deployment failed because a specified file already exists at this location: .*srv\/shop\/a$/,
  },
  {
    rule: "5.3 OVERWRITE by a symlink fails with EEXIST",
    host: { "srv/shop/a": "mine" },
    revision: { "app/a": "-> b" },
    appSpec: SHOP,
    behavior: "OVERWRITE",
    message: /already exists at this location: .*srv\/shop\/a/,
  },
  {
    rule: "5.3 another value of fileExistsBehavior",
    revision: { "app/a": "new" },
    appSpec: SHOP,
    behavior: "REPLACE",
    message:
      /an invalid option was specified for fileExistsBehavior: REPLACE\. Valid options include OVERWRITE, RETAIN, and DISALLOW\./,
  },
  {
    rule: "5.5 the same path permissioned twice",
    revision: { "app/a": "a" },
    appSpec: `${SHOP}
permissions: [{ object: /srv, mode: 600 }, { object: /srv/shop/a, mode: 700 }]`,
    message: /the permissions setting for \(.*srv\/shop\/a\) is specified more than once/,
  },
  {
    rule: "5.5 an installed file with a pattern",
    revision: { "app/a": "a" },
    appSpec: `${SHOP}\npermissions: [{ object: /srv/shop/a, pattern: "*", mode: 600 }]`,
    message: /invalid pattern \(\*\)/,
  },
  {
    rule: "5.5 an installed file with exceptions",
    revision: { "app/a": "a" },
    appSpec: `${SHOP}\npermissions: [{ object: /srv/shop/a, except: [b], mode: 600 }]`,
    message: /the except parameter/,
  },
  {
    rule: "5.5 unknown owner",
    revision: { "app/a": "a" },
    appSpec: `${SHOP}\npermissions: [{ object: /srv/shop, owner: nobody-here }]`,
    message: /^can't find user for nobody-here/,
  },
  {
    rule: "5.5 unknown group",
    revision: { "app/a": "a" },
    appSpec: `${SHOP}\npermissions: [{ object: /srv/shop, group: nobodies-here }]`,
    message: /^can't find group for nobodies-here/,
  },
  {
    rule: "5.5 acls: default entries on files are refused",
    revision: { "app/a": "a" },
    appSpec: `${SHOP}\npermissions: [{ object: /srv/shop, type: [file], acls: ["d:u:root:r"] }]`,
    message: /-d parameter has been specified to apply an acl setting to a file/,
  },
];
for (const { rule, host = {}, revision, appSpec, behavior, message } of refusals) {
  test(`spec ${rule}: refused`, async () => {
    using box = new Sandbox();
    write(box.host, host);
    await assert.rejects(box.install(box.revision(revision), appSpec, behavior), { message });
    for (const [path, text] of Object.entries(host)) {
      assert.equal(read(box.host)[path], text, `${path} is the host's own`);
    }
  });
}

test("spec 5.3 a regular file keeps mode, owner and time of change", async () => {
  using box = new Sandbox();
  const archive = box.revision({ "app/run": "!run" });
  const file = join(archive, "app/run");
  if (isRoot) chownSync(file, 1, 2);
  chmodSync(file, 0o2751);
  utimesSync(file, 1_000_000, 1_234_567);
  await box.install(archive, SHOP);
  const made = lstatSync(join(box.host, "srv/shop/run"));
  assert.equal((made.mode & 0o7777).toString(8), "2751");
  assert.equal(made.mtimeMs, 1_234_567_000);
  if (isRoot) assert.deepEqual([made.uid, made.gid], [1, 2]);
});

test("spec 5.3 a directory of the host is never chmod-ed by permissions, trap 11: nor the object", async () => {
  using box = new Sandbox();
  write(box.host, { "srv/shop/mine": "mine" });
  chmodSync(join(box.host, "srv/shop"), 0o711);
  chmodSync(join(box.host, "srv/shop/mine"), 0o604);
  const permissions = "permissions: [{ object: /srv/shop, mode: 700 }]";
  await box.install(box.revision({ "app/a/b": "b" }), `${SHOP}\n${permissions}`);
  const modes = ["srv/shop", "srv/shop/mine", "srv/shop/a", "srv/shop/a/b"]
    .map((path) => mode(join(box.host, path)));
  assert.deepEqual(modes, ["711", "604", "700", "700"]);
});

/** Which of the installed paths an entry of permissions reaches. */
const reached: [rule: string, entry: string, paths: string[]][] = [
  ["5.5 ** reaches any depth", "object: /srv/shop", ["a.sh", "b.txt", "sub", "sub/c.sh"]],
  ["5.5, trap 10: *.sh reaches one level", 'object: /srv/shop, pattern: "*.sh"', ["a.sh"]],
  ["5.5 the only wildcard is *", 'object: /srv/shop, pattern: "?.sh"', []],
  ["5.5 no classes", 'object: /srv/shop, pattern: "[ab].sh"', []],
  ["5.5 except: children by name", "object: /srv/shop, except: [a.sh, sub]", [
    "b.txt",
    "sub/c.sh",
  ]],
  ["5.5, trap 10: except cannot reach deeper", "object: /srv/shop, except: [c.sh, sub/c.sh]", [
    "a.sh",
    "b.txt",
    "sub",
    "sub/c.sh",
  ]],
  ["5.5 except: absolute paths never match", "object: /srv/shop, except: [/srv/shop/a.sh]", [
    "a.sh",
    "b.txt",
    "sub",
    "sub/c.sh",
  ]],
  ["5.5 type file", "object: /srv/shop, type: [file]", ["a.sh", "b.txt", "sub/c.sh"]],
  ["5.5 type directory", "object: /srv/shop, type: [directory]", ["sub"]],
  ["5.5 a copied file as object", "object: /srv/shop/a.sh", ["a.sh"]],
  ["5.5 a copied file without type file", "object: /srv/shop/a.sh, type: [directory]", []],
  ["5.5 an object that is not there", "object: /opt/nothing", []],
];
for (const [rule, entry, paths] of reached) {
  test(`spec ${rule}`, async () => {
    using box = new Sandbox();
    const archive = box.revision({ "app/a.sh": "a", "app/b.txt": "b", "app/sub/c.sh": "c" });
    await box.install(archive, `${SHOP}\npermissions: [{ ${entry}, mode: 713 }]`);
    const found = ["a.sh", "b.txt", "sub", "sub/c.sh"]
      .filter((path) => mode(join(box.host, "srv/shop", path)) === "713");
    assert.deepEqual(found, paths);
  });
}

const modes: [written: string, applied: string][] = [
  ["7", "7"],
  ["644", "644"],
  ["0644", "644"],
  ['"0644"', "644"],
  ["1755", "1755"],
];
for (const [written, applied] of modes) {
  test(`spec 5.5, trap 9 mode: ${written} sets ${applied}`, async () => {
    using box = new Sandbox();
    const permissions = `permissions: [{ object: /srv/shop, mode: ${written} }]`;
    await box.install(box.revision({ "app/a": "a" }), `${SHOP}\n${permissions}`);
    assert.equal(mode(join(box.host, "srv/shop/a")), applied);
  });
}

test(
  "spec 5.5, trap 12: mode goes before owner, so setuid is lost",
  { skip: !isRoot },
  async () => {
    using box = new Sandbox();
    const permissions =
      "permissions: [{ object: /srv/shop, mode: 6755, owner: daemon, group: games }]";
    await box.install(box.revision({ "app/a": "a" }), `${SHOP}\n${permissions}`);
    const made = lstatSync(join(box.host, "srv/shop/a"));
    assert.deepEqual([made.uid, mode(join(box.host, "srv/shop/a"))], [1, "755"]);
  },
);

test("spec 5.5 acls are set by setfacl with masks and defaults derived", {
  skip: !hasAcl,
}, async () => {
  using box = new Sandbox();
  const permissions = `permissions:
  - { object: /srv/shop, type: [file], mode: 640, acls: ["u:daemon:rw"] }
  - { object: /srv, pattern: "*", type: [directory], mode: 750, acls: ["d:u:daemon:7"] }`;
  await box.install(box.revision({ "app/a": "a" }), `${SHOP}\n${permissions}`);
  const acl = (path: string) =>
    spawnSync("getfacl", ["-cpE", join(box.host, path)]).stdout.toString().trim().split("\n");
  assert.deepEqual(acl("srv/shop/a"), [
    "user::rw-",
    "user:daemon:rw-",
    "group::r--",
    "mask::r--",
    "other::---",
  ]);
  assert.ok(acl("srv/shop").includes("default:user:daemon:rwx"), acl("srv/shop").join(" "));
});

const lookups: [rule: string, files: string[], asked: string, found: string][] = [
  ["the given name first", ["a.yml", "appspec.yaml", "appspec.yml"], "a.yml", "a.yml"],
  ["appspec.yaml before appspec.yml", ["appspec.yaml", "appspec.yml"], "a.yml", "appspec.yaml"],
  ["appspec.yml at last", ["appspec.yml"], "a.yml", "appspec.yml"],
  [
    "trap 14: appspec.yaml alone works for hooks too",
    ["appspec.yaml"],
    "appspec.yml",
    "appspec.yaml",
  ],
];
for (const [rule, files, asked, found] of lookups) {
  test(`spec 5.1 lookup: ${rule}`, () => {
    using box = new Sandbox();
    const text = (name: string) =>
      `version: 0.0\nos: linux\nfiles: [{ source: ${name}, destination: /srv }]`;
    const archive = box.revision(Object.fromEntries(files.map((name) => [name, text(name)])));
    assert.equal(readAppSpec(archive, asked).files[0]?.source, found);
  });
}

test("spec 5.1 missing: the message names the path, the folder and what was expected where", () => {
  using box = new Sandbox();
  const archive = box.revision({});
  assert.throws(() => readAppSpec(archive, "appspec.yml"), {
    message: new RegExp(
      "^The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory " +
        `at revision-relative path "appspec.yml". The revision was unpacked to directory "${archive}", ` +
        `and the AppSpec file was expected but not found at path "${archive}/appspec.yml"`,
    ),
  });
});

test("spec 5.4 step 2: the last line of a cleanup file without its newline is not trusted", async () => {
  using box = new Sandbox();
  write(box.host, { "srv/own": "mine", "srv/old": "old" });
  mkdirSync(box.instructions, { recursive: true });
  const lines = `${join(box.host, "srv/old")}\n${join(box.host, "srv/own")}`;
  writeFileSync(join(box.instructions, "group-1-cleanup"), lines);
  await box.install(box.revision({}), "files: []");
  assert.deepEqual(read(box.host), { "srv/own": "mine" });
});

test("spec 5.4 steps 4 to 6, trap 1: instructions and pointer are written when Install ends", async () => {
  using box = new Sandbox();
  const archive = box.revision({ "app/a": "a" });
  await box.install(archive, SHOP);
  const json = JSON.parse(readFileSync(join(box.instructions, "group-1-install.json"), "utf8"));
  const types = json.instructions.map(({ type }: { type: string }) => type);
  assert.deepEqual(types, ["mkdir", "mkdir", "copy"]);
  const pointer = readFileSync(join(box.instructions, "group-1_last_successful_install"), "utf8");
  assert.equal(pointer, join(archive, ".."));
});

test("spec 5.4, trap 21: another group id knows nothing of the files and is refused", async () => {
  using box = new Sandbox();
  await box.install(box.revision({ "app/a": "a" }), SHOP);
  const cleanup = join(box.instructions, "group-1-cleanup");
  assert.ok(existsSync(cleanup));
  // As for a group that was deleted and made again: its list has another name.
  using other = new Sandbox();
  write(other.host, { "srv/shop/a": "a" });
  await assert.rejects(other.install(other.revision({ "app/a": "a" }), SHOP), {
    message: /already exists at this location/,
  });
});
