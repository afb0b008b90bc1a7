import { test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openBundle } from "../../core/cli/bundle.ts";
import { folder } from "./stand_in.ts";

async function tree(path: string): Promise<void> {
  await mkdir(join(path, "scripts"), { recursive: true });
  await writeFile(join(path, "appspec.yml"), "version: 0.0\nos: linux\n");
  await writeFile(join(path, "scripts", "start.sh"), "#!/bin/sh\n");
  await chmod(join(path, "scripts", "start.sh"), 0o755);
  await writeFile(join(path, "big.bin"), new Uint8Array(300_000).fill(7));
  await writeFile(join(path, `${"long".repeat(40)}.txt`), "a name of more than 100 characters");
  await symlink("scripts/start.sh", join(path, "start"));
  for (const name of ["appspec.yml", "scripts/start.sh", "big.bin", "scripts", "."]) {
    await utimes(join(path, name), 1_700_000_000, 1_700_000_000);
  }
}

test("tar lists what was packed: sorted, with modes, links and times, owned by root", async () => {
  await using place = await folder();
  await tree(place.path);
  const bundle = await openBundle(place.path);
  try {
    const list = (...flags: string[]) =>
      execFileSync("tar", [...flags, bundle.path], { encoding: "utf8" }).trim().split("\n");
    assert.deepEqual(list("tzf"), [
      "appspec.yml",
      "big.bin",
      `${"long".repeat(40)}.txt`,
      "scripts/",
      "scripts/start.sh",
      "start",
    ]);
    const long = list("--utc", "--numeric-owner", "-tzvf");
    assert.match(long[0]!, /^-rw-r--r-- 0\/0\s+23 2023-11-14 22:13 appspec\.yml$/);
    assert.match(long[4]!, /^-rwxr-xr-x 0\/0 .*scripts\/start\.sh$/);
    assert.match(long[5]!, /^l.* start -> scripts\/start\.sh$/);
    const bytes = await readFile(bundle.path);
    assert.equal(bundle.bytes, bytes.length);
    assert.equal(bundle.sha256, createHash("sha256").update(bytes).digest("hex"));
    execFileSync("tar", ["xzf", bundle.path, "-C", place.path]); // onto itself: contents agree
    assert.equal((await readFile(join(place.path, "big.bin"))).length, 300_000);
  } finally {
    await bundle.remove();
  }
  assert.equal(existsSync(bundle.path), false, "the temporary file is gone");
});

test("the same tree packs to the same bytes", async () => {
  await using place = await folder();
  await tree(place.path);
  const first = await openBundle(place.path);
  const second = await openBundle(place.path);
  assert.equal(first.sha256, second.sha256);
  await chmod(join(place.path, "big.bin"), 0o600);
  const third = await openBundle(place.path);
  assert.notEqual(first.sha256, third.sha256);
  await Promise.all([first, second, third].map((bundle) => bundle.remove()));
});

test("a folder without an AppSpec is refused with the paths looked at", async () => {
  await using place = await folder();
  await assert.rejects(openBundle(place.path), (error: Error) => {
    assert.equal(error.message, `${place.path}/appspec.yml was not found`);
    return true;
  });
  await writeFile(join(place.path, "appspec.yaml"), "version: 0.0\nos: linux\n");
  await (await openBundle(place.path)).remove();
});

test("a ready bundle is taken as it is, another file is refused", async () => {
  await using place = await folder();
  const path = join(place.path, "app.zip");
  await writeFile(path, "PK");
  const bundle = await openBundle(path);
  await bundle.remove();
  assert.equal(await readFile(path, "utf8"), "PK", "it is the person's own file");
  assert.deepEqual([bundle.path, bundle.bundleType, bundle.bytes], [path, "zip", 2]);
  await writeFile(join(place.path, "app.txt"), "");
  await assert.rejects(openBundle(join(place.path, "app.txt")), /neither a folder nor a \.tgz/);
  await assert.rejects(openBundle(join(place.path, "gone")), /gone cannot be read/);
});

test("a pipe in the folder is refused by its path", async () => {
  await using place = await folder();
  await writeFile(join(place.path, "appspec.yml"), "version: 0.0\nos: linux\n");
  execFileSync("mkfifo", [join(place.path, "pipe")]);
  await assert.rejects(
    openBundle(place.path),
    /pipe is neither a file, a folder nor a symbolic link/,
  );
});

const mistakes: [why: string, appSpec: string, message: RegExp][] = [
  ["a wrong value", "version: 0.0\nos: linus\n", /appspec\.yml:2:5 is not a valid AppSpec$/],
  ["no YAML", "version: [\n", /appspec\.yml:2:1 is not a valid AppSpec$/],
];
for (const [why, appSpec, message] of mistakes) {
  test(`a folder whose AppSpec has ${why} is not packed; the line is named`, async () => {
    await using place = await folder();
    await tree(place.path);
    await writeFile(join(place.path, "appspec.yml"), appSpec);
    await assert.rejects(openBundle(place.path), { message });
  });
}

test("a script or source that is not in the folder, and a misspelt event, are warned of", async () => {
  await using place = await folder();
  await tree(place.path);
  const hooks = "hooks:\n  AfterInstall: [{ location: scripts/no.sh }]\n  Stop: []\n";
  const files = "files: [{ source: app, destination: /srv }, { source: /, destination: /all }]\n";
  await writeFile(join(place.path, "appspec.yml"), `version: 0.0\nos: linux\n${files}${hooks}`);
  const bundle = await openBundle(place.path);
  await bundle.remove();
  assert.deepEqual(bundle.warnings, [
    `the source app is not in ${place.path}`,
    `the script of AfterInstall, scripts/no.sh is not in ${place.path}`,
    '"Stop" is no lifecycle event: its scripts never run (appspec.yml:6:9)',
  ]);
});
