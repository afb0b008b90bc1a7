import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { chmod, link, lutimes, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { extractArchive } from "../../../core/agent/archive/extract.ts";
import { listing, sandbox } from "./sandbox.ts";
import { tar } from "./tar_bytes.ts";
import { zip } from "./zip_bytes.ts";

const NOW = 1_700_000_001;
const noise = Buffer.from(Array.from({ length: 900_000 }, (_, at) => (at * at * 31 + at) >> 3));

/** A bundle as people have them, and some as they should not. Gives how many files and links. */
async function sourceTree(path: string): Promise<number> {
  const long = "long".repeat(20);
  for (const folder of ["scripts", "empty", "locked", "deep/er/est", "unit files", long]) {
    await mkdir(join(path, folder), { recursive: true });
  }
  const contents: [name: string, body: string | Uint8Array, mode: number][] = [
    ["appspec.yml", "version: 0.0\nos: linux\n", 0o644],
    ["scripts/start.sh", "#!/bin/sh\n", 0o755],
    ["scripts/secret", "s3cret", 0o600],
    ["scripts/read-only", "r", 0o444],
    ["nothing", "", 0o640],
    ["locked/inside", "still written", 0o644],
    ["deep/er/est/große Größe ☃.txt", "unicode", 0o664],
    ["unit files/srv-a\\x2db.mount", "[Mount]", 0o644],
    ["-rf", "an odd name", 0o644],
    [`${long}/${long}.txt`, "more than 100 characters", 0o644],
    ["noise.bin", noise, 0o644],
    ["zeros.bin", Buffer.alloc(3_000_000), 0o644],
  ];
  for (const [name, body, mode] of contents) {
    await writeFile(join(path, name), body);
    await chmod(join(path, name), mode);
    await utimes(join(path, name), NOW, NOW);
  }
  const links: [name: string, target: string][] = [
    ["start", "scripts/start.sh"],
    ["deep/er/up", "../../scripts"],
    ["deep/dangling", "./not/there"],
  ];
  for (const [name, target] of links) await symlink(target, join(path, name));
  for (const [name] of links) await lutimes(join(path, name), NOW, NOW);
  for (const folder of ["deep/er/est", "deep/er", "deep", "empty", "scripts", "unit files", long]) {
    await utimes(join(path, folder), NOW, NOW);
  }
  await chmod(join(path, "empty"), 0o700);
  await utimes(join(path, "locked"), NOW, NOW);
  await chmod(join(path, "locked"), 0o555);
  return contents.length + links.length;
}

const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });

/** Why a test with this program must be left out on this machine; false when it need not. */
function without(program: string): string | false {
  const found = spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  return !found && `${program} is not installed`;
}

type Packer = [what: string, type: "tar" | "tgz" | "zip", pack: (from: string, to: string) => void];
const packers: Packer[] = [
  ["tar -C dir -czf x.tgz .", "tgz", (from, to) => run("tar", ["-C", from, "-czf", to, "."], "/")],
  ["tar -cf with names", "tar", (from, to) => run("sh", ["-c", `tar -cf '${to}' -- *`], from)],
  ["tar --format=pax", "tgz", (from, to) => run("tar", ["--format=pax", "-czf", to, "."], from)],
  ["tar --format=ustar", "tar", (from, to) => run("tar", ["--format=ustar", "-cf", to, "."], from)],
  ["zip -r -y", "zip", (from, to) => run("zip", ["-q", "-r", "-y", to, "."], from)],
  ["zip -0", "zip", (from, to) => run("zip", ["-q", "-0", "-r", "-y", to, "."], from)],
];

for (const [what, bundleType, pack] of packers) {
  const skip = without(what.split(" ")[0] ?? "");
  test(`what ${what} packed comes out as it went in`, { skip }, async () => {
    await using place = await sandbox();
    const source = join(place.path, "source");
    const files = await sourceTree(source);
    const bundle = join(place.path, `bundle.${bundleType}`);
    pack(source, bundle);
    const { destination } = place;
    const unpacked = await extractArchive({ file: bundle, bundleType, destination });
    assert.deepEqual(listing(destination), listing(source));
    assert.equal(unpacked.files, files);
    const bytes = listing(source).map((line) => / (\d+) [0-9a-f]{12}$/.exec(line)?.[1] ?? "0");
    assert.equal(unpacked.bytes, bytes.reduce((sum, size) => sum + Number(size), 0));
  });
}

test("what Python's zipfile packed comes out as it went in, but for links", {
  skip: without("python3"),
}, async () => {
  await using place = await sandbox();
  const source = join(place.path, "source");
  await mkdir(join(source, "a/b"), { recursive: true });
  await writeFile(join(source, "a/b/größe"), noise);
  await chmod(join(source, "a/b/größe"), 0o750);
  const bundle = join(place.path, "bundle.zip");
  run("python3", ["-m", "zipfile", "-c", bundle, "a"], source);
  const { destination } = place;
  await extractArchive({ file: bundle, bundleType: "zip", destination });
  assert.deepEqual(readFileSync(join(destination, "a/b/größe")), noise);
  assert.equal(lstatSync(join(destination, "a/b/größe")).mode & 0o7777, 0o750);
});

test("a hard link of tar is the same file again", async () => {
  await using place = await sandbox();
  const source = join(place.path, "source");
  await mkdir(source);
  await writeFile(join(source, "a"), "one file");
  await link(join(source, "a"), join(source, "b"));
  const bundle = join(place.path, "bundle.tar");
  run("tar", ["-cf", bundle, "."], source);
  const { destination } = place;
  await extractArchive({ file: bundle, bundleType: "tar", destination });
  const [a, b] = ["a", "b"].map((name) => lstatSync(join(destination, name)));
  assert.equal(a!.ino, b!.ino);
  assert.equal(a!.nlink, 2);
});

test("a read-only directory is filled before it is closed, also for one that is not root", async () => {
  await using place = await sandbox();
  const bundle = await place.bundle(tar(
    { name: "locked/", flag: "5", mode: 0o555, mtime: NOW },
    { name: "locked/sub/", flag: "5", mode: 0o500 },
    { name: "locked/sub/f", body: "x" },
    { name: "implied/f", body: "x" },
  ));
  const { destination } = place;
  const script = new URL("./unpack_as_nobody.ts", import.meta.url).pathname;
  // Root may write anywhere, so it shows nothing here; another user can only be had from root.
  if (process.getuid?.() === 0) {
    await chmod(place.path, 0o777);
    await chmod(join(place.path, "deployment"), 0o777);
    run(process.execPath, ["run", "-A", "--no-check", script, bundle, destination], "/");
  } else {
    await extractArchive({ file: bundle, bundleType: "tar", destination });
  }
  const modes = ["locked", "locked/sub", "implied"].map((name) =>
    (lstatSync(join(destination, name)).mode & 0o7777).toString(8)
  );
  assert.deepEqual(modes, ["555", "500", "755"]);
  assert.equal(lstatSync(join(destination, "locked")).mtimeMs, NOW * 1000);
  await chmod(join(destination, "locked"), 0o755);
  await chmod(join(destination, "locked/sub"), 0o755);
});

test("root keeps the numeric owner of tar, of files, directories and links; others do not", async () => {
  await using place = await sandbox();
  const owner = { uid: 1234, gid: 2345 };
  const bundle = await place.bundle(tar(
    { name: "d/", flag: "5", ...owner },
    { name: "d/f", body: "x", mode: 0o640, ...owner },
    { name: "l", flag: "2", target: "d", ...owner },
    { name: "big", body: noise, pax: { uid: "3000000", gid: "2345" } },
    { name: "ours", body: "x" },
  ));
  const { destination } = place;
  await extractArchive({ file: bundle, bundleType: "tar", destination });
  const owners = ["d", "d/f", "l", "big", "ours"].map((name) => {
    const { uid, gid } = lstatSync(join(destination, name));
    return `${uid}:${gid}`;
  });
  const ours = `${process.getuid?.()}:${process.getgid?.()}`;
  const root = ["1234:2345", "1234:2345", "1234:2345", "3000000:2345", "0:0"];
  assert.deepEqual(owners, process.getuid?.() === 0 ? root : Array(5).fill(ours));
  assert.equal(lstatSync(join(destination, "d/f")).mode & 0o7777, 0o640);
});

test("long names of PAX and GNU, and times with a fraction, are kept", async () => {
  await using place = await sandbox();
  const name = `${"n".repeat(120)}/${"m".repeat(200)}`;
  const bundle = await place.bundle(
    tar({ name: "short", body: "x", pax: { path: name, mtime: "1700000000.25" } }),
  );
  const { destination } = place;
  await extractArchive({ file: bundle, bundleType: "tar", destination });
  assert.equal(lstatSync(join(destination, name)).mtimeMs, 1_700_000_000_250);
  const gnu = join(place.path, "gnu.tar");
  run("tar", ["--format=gnu", "-cf", gnu, name], destination);
  const again = join(place.path, "again");
  await extractArchive({ file: gnu, bundleType: "tar", destination: again });
  assert.equal(readFileSync(join(again, name), "utf8"), "x");
});

test("a tar of the time before ustar can be read", async () => {
  await using place = await sandbox();
  const source = join(place.path, "source");
  await mkdir(join(source, "d"), { recursive: true });
  await writeFile(join(source, "d/f"), "old");
  const bundle = join(place.path, "bundle.tar");
  run("tar", ["--format=v7", "-cf", bundle, "d"], source);
  const { destination } = place;
  await extractArchive({ file: bundle, bundleType: "tar", destination });
  assert.deepEqual(listing(destination), listing(source));
});

test("the bundle's own entry for its root leaves the destination's mode alone", async () => {
  await using place = await sandbox();
  const bundle = await place.bundle(tar({ name: "./", flag: "5", mode: 0o100 }, { name: "./f" }));
  const { destination } = place;
  await mkdir(destination, { mode: 0o755 });
  await extractArchive({ file: bundle, bundleType: "tar", destination });
  assert.equal(lstatSync(destination).mode & 0o777, 0o755);
});

test("a zip from Windows has slashes for its backslashes, and ordinary modes", async () => {
  await using place = await sandbox();
  const bundle = await place.bundle(zip(
    { name: "scripts\\", madeOn: 0, mode: 0 },
    { name: "scripts\\run.bat", madeOn: 0, mode: 0, body: "x" },
    { name: Buffer.from([0x81, 0x2e, 0x74]), madeOn: 0, mode: 0, flags: 0 },
  ));
  const { destination } = place;
  await extractArchive({ file: bundle, bundleType: "zip", destination });
  const modes = ["scripts", "scripts/run.bat", "ü.t"].map((name) =>
    (lstatSync(join(destination, name)).mode & 0o7777).toString(8)
  );
  assert.deepEqual(modes, ["755", "644", "644"]);
});
