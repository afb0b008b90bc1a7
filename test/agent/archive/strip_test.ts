import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ArchiveRefused } from "../../../core/agent/archive/archive_error.ts";
import { stripLeadingDirectory } from "../../../core/agent/archive/strip.ts";
import { listing, sandbox } from "./sandbox.ts";

/** Names only: the paths of what is there, links with their targets. */
const paths = (folder: string) =>
  listing(folder).map((line) => line.includes(" -> ") ? line : line.split(" ")[0]);

async function make(folder: string, names: string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    const [path, target] = name.split(" -> ");
    await mkdir(dirname(join(folder, path!)), { recursive: true });
    if (name.endsWith("/")) await mkdir(join(folder, name), { recursive: true });
    else if (target) await symlink(target, join(folder, path!));
    else await writeFile(join(folder, name), "");
  }
}

const table: [what: string, before: string[], after: string[]][] = [
  ["one directory with an AppSpec goes", ["app/appspec.yml", "app/b/c"], [
    "appspec.yml",
    "b/",
    "b/c",
  ]],
  ["the AppSpec may be called otherwise", ["app/my-AppSpec.json"], ["my-AppSpec.json"]],
  ["the AppSpec may be a directory", ["app/appspec.d/x"], ["appspec.d/", "appspec.d/x"]],
  ["only one level goes", ["a/appspec.yml", "a/a/appspec.yml"], [
    "a/",
    "a/appspec.yml",
    "appspec.yml",
  ]],
  ["an entry of the directory's own name stays", ["app/appspec.yml", "app/app"], [
    "app",
    "appspec.yml",
  ]],
  ["hidden files come along", ["app/appspec.yml", "app/.env"], [".env", "appspec.yml"]],
  ["links that stay inside come along", ["a/appspec.yml", "a/b/l -> ../c"], [
    "appspec.yml",
    "b/",
    "b/l -> ../c",
  ]],
  ["a directory without an AppSpec stays", ["app/readme"], ["app/", "app/readme"]],
  ["an AppSpec one level further down counts for nothing", ["app/b/appspec.yml"], [
    "app/",
    "app/b/",
    "app/b/appspec.yml",
  ]],
  ["a second top entry keeps the directory", ["app/appspec.yml", "x"], [
    "app/",
    "app/appspec.yml",
    "x",
  ]],
  ["a hidden second top entry, too", ["app/appspec.yml", ".x"], [".x", "app/", "app/appspec.yml"]],
  ["a file alone stays", ["appspec.yml"], ["appspec.yml"]],
  ["a link alone stays", ["app -> ."], ["app -> ."]],
  ["nothing stays nothing", [], []],
];

for (const [what, before, after] of table) {
  test(`leading directory: ${what}`, async () => {
    await using place = await sandbox();
    await make(place.destination, before);
    await stripLeadingDirectory(place.destination);
    assert.deepEqual(paths(place.destination).sort(), after.sort());
  });
}

for (const link of ["app/l -> ..", "app/b/l -> ../../x", "app/l -> ../logs"]) {
  test(`${link} would lead out of the archive once the directory is gone: refused`, async () => {
    await using place = await sandbox();
    await make(place.destination, ["app/appspec.yml", link]);
    const before = paths(place.destination);
    await assert.rejects(stripLeadingDirectory(place.destination), (error) => {
      assert.ok(error instanceof ArchiveRefused);
      assert.deepEqual([error.reason, error.entry], ["link-outside", link.split(" ")[0]]);
      return true;
    });
    assert.deepEqual(paths(place.destination), before);
  });
}
