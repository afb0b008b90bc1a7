import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { install } from "../../core/agent/install/install.ts";
import { layout } from "../../core/agent/layout.ts";
import { lockRoot } from "../../core/agent/lock.ts";
import { writePointer } from "../../core/agent/pointer_file.ts";
import { repairRoot } from "../../core/agent/repair.ts";
import { spec, write } from "./install/sandbox.ts";

const APPSPEC = "files: [{ source: app, destination: /srv/app }]\n";

/** A root in which the real Install has put `d-1` of the group `g`. */
async function installed(
  run: (host: {
    config: Parameters<typeof repairRoot>[0];
    list: string;
    srv: string;
    root: string;
  }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "runtime-repair-"));
  try {
    const [root, installRoot] = [join(folder, "root"), join(folder, "host")];
    const places = layout(root);
    const paths = places.deployment("g", "d-1");
    mkdirSync(join(installRoot, "srv"), { recursive: true });
    write(paths.archive, {
      "appspec.yml": `version: 0.0\nos: linux\n${APPSPEC}`,
      "app/a": "first",
      "app/sub/b": "second",
    });
    writePointer(places.mostRecentInstall("g"), paths.root);
    await install({
      archiveDir: paths.archive,
      deploymentRoot: paths.root,
      instructionsDir: places.instructions,
      groupId: "g",
      appSpec: spec(APPSPEC),
      fileExistsBehavior: "DISALLOW",
      installRoot,
    });
    await run({
      config: { rootDir: root, installRoot, releaseDirectories: [], ongoingDeployments: "ongoing" },
      list: join(places.instructions, "g-cleanup"),
      srv: join(installRoot, "srv"),
      root,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const damages: [name: string, damage: (list: string, text: string) => void][] = [
  ["missing", (list) => rmSync(list)],
  ["torn", (list, text) => writeFileSync(list, text.slice(0, -3))],
  ["short", (list, text) => writeFileSync(list, text.split("\n").slice(0, 1).join("") + "\n")],
  ["full of zeros", (list, text) => writeFileSync(list, "\0".repeat(text.length - 1) + "\n")],
];
for (const [name, damage] of damages) {
  test(`a list that is ${name} is found, left as it is, and rebuilt by apply as Install wrote it`, async () => {
    await installed(async ({ config, list }) => {
      const whole = readFileSync(list, "utf8");
      assert.deepEqual((await repairRoot(config, "look")).findings, []);
      damage(list, whole);
      const before = existsSync(list) ? readFileSync(list, "utf8") : undefined;
      const { findings } = await repairRoot(config, "look");
      assert.deepEqual(findings.map(({ path }) => path), [list]);
      assert.equal(existsSync(list) ? readFileSync(list, "utf8") : undefined, before);
      await repairRoot(config, "apply");
      assert.equal(readFileSync(list, "utf8"), whole);
      assert.deepEqual((await repairRoot(config, "look")).findings, []);
    });
  });
}

test("without install.json the revision tells: only identical files, and folders with nothing else", async () => {
  await installed(async ({ config, list, srv }) => {
    rmSync(list);
    rmSync(join(dirname(list), "g-install.json"));
    writeFileSync(join(srv, "app/a"), "changed by hand");
    await repairRoot(config, "apply");
    const lines = readFileSync(list, "utf8").split("\n").slice(0, -1);
    assert.deepEqual(lines.sort(), [join(srv, "app/sub"), join(srv, "app/sub/b")]);
  });
});

test("a refused deployment's group, whose files are gone with its list, has nothing to mend", async () => {
  await installed(async ({ config, list, srv }) => {
    rmSync(list);
    rmSync(join(srv, "app"), { recursive: true });
    assert.deepEqual((await repairRoot(config, "look")).findings, []);
  });
});

test("a group with an install journal is named and left alone", async () => {
  await installed(async ({ config, list }) => {
    const journal = join(dirname(list), "g-install.journal");
    writeFileSync(journal, "{}\n");
    rmSync(list);
    const { findings, untouched } = await repairRoot(config, "apply");
    assert.deepEqual([findings, untouched.map(({ path }) => path)], [[], [journal]]);
    assert.equal(existsSync(list), false);
  });
});

test("pointers to a folder that is gone name the newest whole revision, or go; leftovers go", async () => {
  await installed(async ({ config, list, srv, root }) => {
    const places = layout(root);
    const [good, lost] = [places.deployment("g", "d-1"), places.deployment("g", "d-9")];
    writePointer(places.lastSuccessfulInstall("g"), lost.root);
    writePointer(places.mostRecentInstall("other"), join(root, "other/d-3"));
    mkdirSync(`${places.deployment("g", "d-2").archive}.new`, { recursive: true });
    const drafts = [join(srv, "app/.runtime-g.new"), `${list}.new`];
    for (const path of drafts) writeFileSync(path, "half");
    assert.equal((await repairRoot(config, "look")).findings.length, 5);
    await repairRoot(config, "apply");
    assert.equal(readFileSync(places.lastSuccessfulInstall("g"), "utf8"), good.root);
    assert.equal(existsSync(places.mostRecentInstall("other")), false);
    assert.deepEqual(drafts.filter((path) => existsSync(path)), []);
    assert.equal(existsSync(`${places.deployment("g", "d-2").archive}.new`), false);
  });
});

test("apply is refused while an agent holds the root; looking is not", async () => {
  await installed(async ({ config, list, root }) => {
    rmSync(list);
    const letGo = await lockRoot(root);
    await assert.rejects(repairRoot(config, "apply"), /An agent works on/);
    assert.equal((await repairRoot(config, "look")).findings.length, 1);
    assert.equal(existsSync(list), false);
    await letGo();
  });
});

test("after an Install that did not succeed only files with the revision's content are taken for ours", async () => {
  await installed(async ({ config, list, srv, root }) => {
    const places = layout(root);
    rmSync(places.lastSuccessfulInstall("g"));
    rmSync(list);
    writeFileSync(join(srv, "app/a"), "somebody else's");
    await repairRoot(config, "apply");
    const lines = readFileSync(list, "utf8").split("\n");
    assert.ok(lines.includes(join(srv, "app/sub/b")));
    assert.equal(lines.includes(join(srv, "app/a")), false);
  });
});

test("what another group's list has stays that group's", async () => {
  await installed(async ({ config, list, srv }) => {
    rmSync(list);
    writeFileSync(join(dirname(list), "other-cleanup"), `${join(srv, "app/a")}\n`);
    await repairRoot(config, "apply");
    assert.equal(readFileSync(list, "utf8").includes(join(srv, "app/a\n")), false);
  });
});

test("a directory listed for releases that is not a link yet is one of an Install in place", async () => {
  await installed(async ({ config, list }) => {
    const whole = readFileSync(list, "utf8");
    rmSync(list);
    await repairRoot({ ...config, releaseDirectories: ["/srv/app"] }, "apply");
    assert.equal(readFileSync(list, "utf8"), whole);
  });
});
