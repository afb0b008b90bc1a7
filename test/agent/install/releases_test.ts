import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InstallError } from "../../../core/agent/install/install_error.ts";
import type { Instruction } from "../../../core/agent/install/instruction.ts";
import { hostDisk } from "../../../core/agent/install/disk.ts";
import {
  inReleases,
  isUsed,
  isWithin,
  releaseDirectories,
  withoutVersions,
} from "../../../core/agent/install/releases.ts";
import { Sandbox, spec } from "./sandbox.ts";

const mkdir = (path: string): Instruction => ({ kind: "mkdir", path });
const place = (path: string, listed: string[], installRoot?: string): string | undefined =>
  inReleases([mkdir(path)], releaseDirectories(listed, installRoot, "d-2"))[0]?.path;

const places: [
  rule: string,
  path: string,
  listed: string[],
  root: string | undefined,
  to: string,
][] = [
  ["the directory itself", "/srv/app", ["/srv/app"], undefined, "/srv/.app.releases/d-2"],
  ["below it", "/srv/app/a/b", ["/srv/app"], undefined, "/srv/.app.releases/d-2/a/b"],
  ["a slash at the end", "/srv/app/a", ["/srv/app/"], undefined, "/srv/.app.releases/d-2/a"],
  ["a name that only begins so", "/srv/app2/a", ["/srv/app"], undefined, "/srv/app2/a"],
  ["outside", "/etc/app.conf", ["/srv/app"], undefined, "/etc/app.conf"],
  ["above", "/srv", ["/srv/app"], undefined, "/srv"],
  ["a directory of the root", "/app/x", ["/app"], undefined, "/.app.releases/d-2/x"],
  ["one of two", "/b/x", ["/a", "/b"], undefined, "/.b.releases/d-2/x"],
  ["listed twice", "/b/x", ["/b", "/b/"], undefined, "/.b.releases/d-2/x"],
  ["an install root", "/m/srv/app/x", ["/srv/app"], "/m", "/m/srv/.app.releases/d-2/x"],
  ["what the root leaves out", "/srv/app/x", ["/srv/app"], "/m", "/srv/app/x"],
  ["dots in the list", "/srv/app/x", ["/srv/x/../app"], undefined, "/srv/.app.releases/d-2/x"],
];
for (const [rule, path, listed, root, to] of places) {
  test(`release_directories place: ${rule}`, () => assert.equal(place(path, listed, root), to));
}

test("release_directories place: the release of a path is never placed once more", () => {
  const name = fc.constantFrom("a", "b", "app", ".x");
  const anyPath = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) =>
    `/${names.join("/")}`
  );
  fc.assert(fc.property(anyPath, anyPath, (path, listed) => {
    const once = place(path, [listed]) ?? "";
    assert.equal(place(once, [listed]), once);
    assert.equal(once === path, !isWithin(path, listed));
  }));
});

const badLists: [listed: string[], root: string | undefined, message: RegExp][] = [
  [["/"], undefined, /: \/ is the root of everything/],
  [["/.."], "/m", /: \/ is the root of everything/],
  [["/srv", "/srv/app"], undefined, /\/srv\/app and \/srv lie inside each other: list the outer/],
  [["/srv/app", "/srv"], undefined, /\/srv and \/srv\/app lie inside each other/],
];
for (const [listed, root, message] of badLists) {
  test(`release_directories ${listed.join(", ")} are refused`, () => {
    assert.throws(() => releaseDirectories(listed, root, "d"), { name: "InstallError", message });
  });
}

const uses: [files: string, isUsed: boolean][] = [
  ["{ source: /, destination: /srv/app }", true],
  ["{ source: page, destination: /srv/app/deep }", true],
  ["{ source: /, destination: /srv }", true], // the revision has a directory app
  ["{ source: conf, destination: /srv }", false], // this one has not
  ["{ source: page, destination: /srv }", false],
  ["{ source: other/app, destination: /srv }", true], // a file that would be in the link's place
  ["{ source: /, destination: /etc }", false],
];
for (const [files, expected] of uses) {
  test(`/srv/app is ${expected ? "used" : "not used"} by files: ${files}`, () => {
    using box = new Sandbox();
    const archiveDir = box.revision({ page: "p", "app/x": "x", "conf/y": "y", "other/app": "f" });
    const appSpec = spec(`files: [${files}]`);
    assert.equal(isUsed("/srv/app", { appSpec, archiveDir }, hostDisk), expected);
  });
}

test("an AppSpec that makes a file of a release directory is refused", () => {
  const file: Instruction = { kind: "copy", source: "/r/app", path: "/srv/app" };
  const directories = releaseDirectories(["/srv/app"], undefined, "d");
  assert.throws(() => inReleases([file], directories), (error) => {
    assert.ok(error instanceof InstallError);
    assert.match(error.message, /\/srv\/app is a release directory .* puts a file there/);
    return true;
  });
});

test("planning sees nothing of the version that is linked, and all else", () => {
  using box = new Sandbox();
  const archive = box.revision({ "app/x": "x", "app2/y": "y" });
  const disk = withoutVersions(hostDisk, [`${archive}/app`]);
  const seen = ["app", "app/x", "app2", "app2/y"].map((name) =>
    disk.existing(`${archive}/${name}`)
  );
  assert.deepEqual(seen, [undefined, undefined, "directory", "file"]);
});
