import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Kill, Killed, KillingWriter } from "./killing_writer.ts";
import { everythingTo, mode, read, Sandbox, type Tree, write } from "./sandbox.ts";

const LISTED = { releaseDirectories: ["/srv/app"], maxRevisions: 2 };
const APPSPEC = `files:
  - { source: app, destination: /srv/app }
  - { source: etc, destination: /etc/app }
permissions: [{ object: /srv/app, mode: 600, type: [file] }]`;

/** Every file of a version says which one it is. */
const version = (id: string): Tree => ({
  "app/a": id,
  "app/b/c": id,
  [`app/${id}`]: id,
  "etc/conf": id,
});

function install(box: Sandbox, id: string, settings = {}) {
  return box.install(box.revision(version(id)), APPSPEC, "DISALLOW", { ...LISTED, ...settings });
}

/** The version that a reader of the directory finds; fails on a half one or a mixture. */
function seen(box: Sandbox): string {
  const app = join(box.host, "srv/app");
  if (!existsSync(app)) return "nothing";
  const id = readFileSync(join(app, "a"), "utf8");
  assert.deepEqual(read(app), { a: id, "b/c": id, [id]: id });
  assert.equal(mode(join(app, "b/c")), "600");
  return id;
}

function kept(box: Sandbox): string[] {
  return readdirSync(join(box.host, "srv/.app.releases")).filter((name) => name !== ".group")
    .sort();
}

test("versions are switched and kept; the list names what is outside of them alone", async () => {
  using box = new Sandbox();
  for (const id of ["one", "two", "three"]) await install(box, id);
  assert.equal(seen(box), "three");
  assert.equal(readlinkSync(join(box.host, "srv/app")), ".app.releases/d-3");
  assert.deepEqual(kept(box), ["d-2", "d-3"]);
  assert.equal(readFileSync(join(box.host, "etc/app/conf"), "utf8"), "three");
  const lines = box.cleanupLines().filter((line) => line.startsWith("srv/"));
  assert.deepEqual(lines, []);
});

test("while it installs, a reader finds the whole old version and then the whole new one", async () => {
  using box = new Sandbox();
  await install(box, "one");
  const versions = new Set<string>();
  const { writer } = new KillingWriter(undefined, () => versions.add(seen(box)));
  await install(box, "two", { writer });
  assert.deepEqual([...versions], ["one", "two"]);
});

for (const first of ["in place", "linked"]) {
  test(`killed at any operation, from a version ${first}, the next Install ends with one whole version`, async () => {
    const before = async (box: Sandbox) => {
      if (first === "linked") return await install(box, "one");
      await box.install(box.revision(version("one")), APPSPEC);
    };
    using untouched = new Sandbox();
    await before(untouched);
    const counting = new KillingWriter();
    await install(untouched, "two", { writer: counting.writer });
    for (let operation = 1; operation <= counting.names.length; operation++) {
      const kill: Kill = { operation, moment: "before" };
      const where = `before operation ${operation} (${counting.names[operation - 1]})`;
      using box = new Sandbox();
      await before(box);
      const archive = box.revision(version("two"));
      const again = (settings = {}) =>
        box.install(archive, APPSPEC, "DISALLOW", { ...LISTED, ...settings });
      try {
        await again({ writer: new KillingWriter(kill).writer });
      } catch (error) {
        const isKill = error instanceof Killed ||
          (error instanceof Error && error.cause instanceof Killed);
        assert.ok(isKill, `${where}: ${error}`);
      }
      const allowed = first === "linked" ? ["one", "two"] : ["one", "two", "nothing"];
      assert.ok(allowed.includes(seen(box)), where);
      await again();
      assert.equal(seen(box), "two", where);
      assert.deepEqual(kept(box), ["d-1", "d-2"], where);
    }
  });
}

test("an Install that is refused leaves the linked version, and one that fails does as well", async () => {
  using box = new Sandbox();
  await install(box, "one");
  write(box.host, { "etc/app/extra": "of the host" });
  const refused = box.revision({ ...version("two"), "etc/extra": "x" });
  await assert.rejects(box.install(refused, APPSPEC, "DISALLOW", LISTED), /already exists/);
  assert.equal(seen(box), "one");
  const failing = `${
    everythingTo("/srv/app")
  }\npermissions: [{ object: /srv/app, owner: nobody-here }]`;
  const archive = box.revision({ a: "three" });
  await assert.rejects(box.install(archive, failing, "DISALLOW", LISTED), /can't find user/);
  assert.equal(seen(box), "one");
  await install(box, "four");
  assert.deepEqual([seen(box), kept(box)], ["four", ["d-1", "d-4"]]);
});

test("what the list does not name refuses the first switch before anything is changed", async () => {
  using box = new Sandbox();
  await box.install(box.revision(version("one")), APPSPEC);
  write(box.host, { "srv/app/uploads/cat": "of a user" });
  const before = read(box.root);
  const archive = box.revision(version("two"));
  await assert.rejects(
    box.install(archive, APPSPEC, "DISALLOW", LISTED),
    /did not install: uploads\. Nothing was changed/,
  );
  for (const [path, text] of Object.entries(before)) {
    assert.equal(read(box.root)[path], text, path);
  }
});
