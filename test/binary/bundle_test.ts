/** Large and hostile bundles through the whole product. @module */
import assert from "node:assert/strict";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { createGzip } from "node:zlib";
// @ts-types="npm:@types/tar-stream@3.1.5"
import { type Headers, pack } from "tar-stream";
import { version } from "./bundles.ts";
import { deploy, installed } from "./deployments.ts";
import { Fleet } from "./fleet.ts";

const MODES = [0o644, 0o600, 0o755, 0o640];

/** 100 folders of 100 files, their modes in turn; `from` is the first number. */
function manyFiles(fleet: Fleet, name: string, from: number): string {
  const directory = fleet.bundle(name, {
    "appspec.yml": "version: 0.0\nos: linux\nfiles:\n  - source: app\n    destination: /srv/app\n",
  });
  for (let folder = 0; folder < 100; folder++) {
    const path = join(directory, "app", `d${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < 100; file++) {
      const number = from + file;
      writeFileSync(join(path, `f${number}`), `${name} ${number}`, { mode: MODES[number % 4]! });
    }
  }
  return directory;
}

test("10,000 files are installed with their modes; the next version removes what it has not", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    const [host] = fleet.hosts;
    assert.ok(host);
    const first = await deploy(fleet, manyFiles(fleet, "v1", 0));
    assert.equal(first.code, 0, first.stdout + first.stderr);
    const app = join(host.installRoot, "srv/app");
    for (const folder of ["d0", "d57", "d99"]) {
      assert.equal(readdirSync(join(app, folder)).length, 100);
      for (const number of [0, 1, 2, 3]) {
        assert.equal(statSync(join(app, folder, `f${number}`)).mode & 0o777, MODES[number]);
      }
    }
    // f50 to f149: half stays by name, half goes, half is new.
    const second = await deploy(fleet, manyFiles(fleet, "v2", 50));
    assert.equal(second.code, 0, second.stdout + second.stderr);
    const names = readdirSync(join(app, "d57"));
    assert.equal(names.length, 100);
    assert.ok(!names.includes("f49") && names.includes("f50") && names.includes("f149"));
  } finally {
    await fleet.close();
  }
});

const HOSTILE: [what: string, header: Headers, body: string][] = [
  ["a path that climbs out", { name: "../evil" }, "owned"],
  ["an absolute path", { name: "/tmp/runtime-test-evil" }, "owned"],
  ["a link to /etc", { name: "app/etc", type: "symlink", linkname: "/etc" }, ""],
  [
    "a hard link to a file outside",
    { name: "app/passwd", type: "link", linkname: "/etc/passwd" },
    "",
  ],
  ["a device node", { name: "app/null", type: "character-device", devmajor: 1, devminor: 3 }, ""],
];

async function hostileBundle(fleet: Fleet, header: Headers, body: string): Promise<string> {
  const file = join(fleet.directory, `hostile-${Math.abs(header.name.length)}-${header.type}.tgz`);
  const tar = pack();
  for (const [name, text] of Object.entries(version("2"))) {
    tar.entry({ name, mode: name.startsWith("scripts/") ? 0o755 : 0o644 }, text);
  }
  tar.entry(header, body);
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(file));
  return file;
}

test("hostile bundles are refused by the name of the entry, and nothing is written outside", async (t) => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    const [host] = fleet.hosts;
    assert.ok(host);
    assert.equal((await deploy(fleet, fleet.bundle("v1", version("1")))).code, 0);
    for (const [what, header, body] of HOSTILE) {
      await t.test(what, async () => {
        const ran = await deploy(fleet, await hostileBundle(fleet, header, body));
        const said = ran.stdout + ran.stderr;
        assert.equal(ran.code, 1, said);
        assert.ok(said.includes(`"${header.name}"`), `"${header.name}" in: ${said}`);
        assert.match(said, /DownloadBundle/);
        assert.ok(!existsSync(join(host.root, "evil")) && !existsSync("/tmp/runtime-test-evil"));
        assert.equal(installed(host), "1\n");
      });
    }
  } finally {
    await fleet.close();
  }
});
