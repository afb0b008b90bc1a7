import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  ArchiveBroken,
  ArchiveRefused,
  type RefusalReason,
  UnpackFailed,
} from "../../../core/agent/archive/archive_error.ts";
import { extractArchive } from "../../../core/agent/archive/extract.ts";
import type { ExtractionLimits } from "../../../core/agent/archive/policy.ts";
import { listing, sandbox } from "./sandbox.ts";
import { tar, type TarEntry, tgz } from "./tar_bytes.ts";
import { zip, type ZipEntry } from "./zip_bytes.ts";

const file = (name: string, body = "evil"): TarEntry => ({ name, body });
const symlink = (name: string, target: string): TarEntry => ({ name, flag: "2", target });
const hardlink = (name: string, target: string): TarEntry => ({ name, flag: "1", target });
const zipLink = (name: string, target: string): ZipEntry => ({
  name,
  body: target,
  mode: 0o120777,
});

interface Hostile {
  what: string;
  bundle: { type: "tar" | "tgz"; bytes: Buffer } | { type: "zip"; bytes: Buffer };
  reason: RefusalReason;
  /** The entry at fault, as in the archive. */
  entry: string;
  limits?: Partial<ExtractionLimits>;
}

const inTar = (...entries: TarEntry[]) => ({ type: "tar" as const, bytes: tar(...entries) });
const inTgz = (...entries: TarEntry[]) => ({ type: "tgz" as const, bytes: tgz(...entries) });
const inZip = (...entries: ZipEntry[]) => ({ type: "zip" as const, bytes: zip(...entries) });
const long = (bytes: number) => "n".repeat(bytes);

/** Names that neither format may carry. */
const names: [what: string, name: string, reason: RefusalReason][] = [
  ["a name that climbs", "../evil", "outside"],
  ["a name that climbs further on", "a/../../evil", "outside"],
  ["a name that climbs and comes back", "a/../b", "outside"],
  ["a name that is only ..", "..", "outside"],
  ["an absolute name", "/tmp/runtime-archive-evil", "absolute-path"],
  ["a name with a drive letter", "C:\\evil", "absolute-path"],
  ["a name with a drive letter and a slash", "c:/evil", "absolute-path"],
  ["a name that begins with a backslash", "\\evil", "absolute-path"],
  ["a network name", "\\\\host\\share", "absolute-path"],
  ["a name that climbs by backslashes", "a/..\\..\\evil", "outside"],
  ["a file called like the root", "./", "name"],
];

const hostile: Hostile[] = [
  ...names.flatMap(([what, name, reason]): Hostile[] => [
    // A trailing slash makes a directory, which the root may be: a link may not.
    {
      what,
      bundle: inTar(name === "./" ? symlink(name, "a") : file(name)),
      reason,
      entry: name,
    },
    { what, bundle: inZip(name === "./" ? zipLink(name, "a") : { name }), reason, entry: name },
  ]),
  {
    what: "NUL in a PAX name",
    bundle: inTar({ name: "x", pax: { path: "a\0b" } }),
    reason: "name",
    entry: "a\0b",
  },
  { what: "NUL in a name", bundle: inZip({ name: "a\0b" }), reason: "name", entry: "a\0b" },
  { what: "no name", bundle: inZip({ name: "" }), reason: "name", entry: "" },
  {
    what: "a name that is not UTF-8",
    bundle: inZip({ name: Buffer.from([0x61, 0xff]) }),
    reason: "name",
    entry: "a\ufffd",
  },
  {
    what: "a PAX name that climbs",
    bundle: inTgz({ name: "good", body: "x", pax: { path: "../evil" } }),
    reason: "outside",
    entry: "../evil",
  },
  {
    what: "a symbolic link to /etc",
    bundle: inTgz(symlink("etc", "/etc")),
    reason: "link-absolute",
    entry: "etc",
  },
  {
    what: "a symbolic link to /etc",
    bundle: inZip(zipLink("etc", "/etc")),
    reason: "link-absolute",
    entry: "etc",
  },
  {
    what: "a symbolic link out of the bundle",
    bundle: inTar(symlink("a/up", "../..")),
    reason: "link-outside",
    entry: "a/up",
  },
  {
    what: "a symbolic link out of the bundle",
    bundle: inZip(zipLink("a/up", "../..")),
    reason: "link-outside",
    entry: "a/up",
  },
  {
    what: "a symbolic link that climbs behind another link",
    bundle: inTar(symlink("a/b/up", ".."), symlink("x/y", "../a/b/up/../..")),
    reason: "link-outside",
    entry: "x/y",
  },
  {
    what: "a symbolic link to nothing",
    bundle: inZip(zipLink("l", "")),
    reason: "link-target",
    entry: "l",
  },
  {
    what: "a file written through a link",
    bundle: inTar({ name: "dir/", flag: "5" }, symlink("l", "dir"), file("l/evil")),
    reason: "through-link",
    entry: "l/evil",
  },
  {
    what: "a file written through a link",
    bundle: inZip({ name: "dir/" }, zipLink("l", "dir"), { name: "l/sub/evil" }),
    reason: "through-link",
    entry: "l/sub/evil",
  },
  {
    what: "a link made through a link",
    bundle: inTar(symlink("l", "."), symlink("l/m", "..")),
    reason: "through-link",
    entry: "l/m",
  },
  {
    what: "a directory made of an earlier link",
    bundle: inTar(symlink("l", "d"), { name: "l/", flag: "5" }),
    reason: "replaces",
    entry: "l/",
  },
  {
    what: "a file over an earlier link",
    bundle: inTar(symlink("l", "canary"), file("l")),
    reason: "replaces",
    entry: "l",
  },
  {
    what: "a link over an earlier file",
    bundle: inTar(file("f"), symlink("f", "g")),
    reason: "replaces",
    entry: "f",
  },
  {
    what: "a link over an earlier file",
    bundle: inZip({ name: "f" }, zipLink("f", "g")),
    reason: "replaces",
    entry: "f",
  },
  {
    what: "a link that changes its target",
    bundle: inTar(symlink("l", "a"), symlink("l", "b")),
    reason: "replaces",
    entry: "l",
  },
  {
    what: "a file over an earlier directory",
    bundle: inZip({ name: "d/x" }, { name: "d" }),
    reason: "replaces",
    entry: "d",
  },
  {
    what: "a file below a file",
    bundle: inTar(file("f"), file("f/evil")),
    reason: "not-a-directory",
    entry: "f/evil",
  },
  {
    what: "a hard link to /etc/passwd",
    bundle: inTar(hardlink("p", "/etc/passwd")),
    reason: "link-absolute",
    entry: "p",
  },
  {
    what: "a hard link out of the bundle",
    bundle: inTar(hardlink("p", "../logs/canary")),
    reason: "link-outside",
    entry: "p",
  },
  {
    what: "a hard link to nothing",
    bundle: inTar(hardlink("p", "later"), file("later")),
    reason: "link-missing",
    entry: "p",
  },
  {
    what: "a hard link to a symbolic link",
    bundle: inTar(file("f"), symlink("l", "f"), hardlink("p", "l")),
    reason: "link-target",
    entry: "p",
  },
  {
    what: "a hard link over a file",
    bundle: inTar(file("f"), file("g"), hardlink("g", "f")),
    reason: "replaces",
    entry: "g",
  },
  ...([["3", "character device"], ["4", "block device"], ["6", "FIFO"], ["Z", "thing"]] as const)
    .map(([flag, what]): Hostile => ({
      what: `a ${what}`,
      bundle: inTgz({ name: "dev/x", flag }),
      reason: "special-file",
      entry: "dev/x",
    })),
  ...[0o010644, 0o020644, 0o060644, 0o140644].map((mode): Hostile => ({
    what: `a special file of type ${mode.toString(8)}`,
    bundle: inZip({ name: "x", mode }),
    reason: "special-file",
    entry: "x",
  })),
  {
    what: "a sparse file",
    bundle: inTar({ name: "x", body: "1", pax: { "GNU.sparse.major": "1" } }),
    reason: "sparse",
    entry: "x",
  },
  {
    what: "an encrypted file",
    bundle: inZip({ name: "x", method: 8, flags: 1 }),
    reason: "encrypted",
    entry: "x",
  },
  {
    what: "an unknown compression",
    bundle: inZip({ name: "x", method: 93 }),
    reason: "compression",
    entry: "x",
  },
  {
    what: "a bomb of zeros",
    bundle: inTgz(file("small"), { name: "zeros", body: Buffer.alloc(8 << 20) }),
    reason: "ratio",
    entry: "zeros",
    limits: { ratio: 100, ratioFromBytes: 1 << 20 },
  },
  {
    what: "a bomb of zeros",
    bundle: inZip({ name: "zeros", body: Buffer.alloc(8 << 20), method: 8 }),
    reason: "ratio",
    entry: "zeros",
    limits: { ratio: 100, ratioFromBytes: 1 << 20 },
  },
  {
    what: "too many entries",
    bundle: inTar(file("a"), file("b"), file("c")),
    reason: "too-many-entries",
    entry: "c",
    limits: { entries: 2 },
  },
  {
    what: "too many implied directories",
    bundle: inZip({ name: "a/b/c/d" }),
    reason: "too-many-entries",
    entry: "a/b/c/d",
    limits: { entries: 3 },
  },
  {
    what: "too many bytes",
    bundle: inTar(file("a", "12345"), file("b", "123456")),
    reason: "too-many-bytes",
    entry: "b",
    limits: { bytes: 10 },
  },
  {
    what: "too many bytes",
    bundle: inZip({ name: "a", body: "12345" }, { name: "a", body: "123456" }),
    reason: "too-many-bytes",
    entry: "a",
    limits: { bytes: 10 },
  },
  {
    what: "a path that is too long",
    bundle: inTar({ name: "x", pax: { path: "12345/".repeat(4) + "x" } }),
    reason: "path-length",
    entry: "12345/".repeat(4) + "x",
    limits: { pathBytes: 20 },
  },
  {
    what: "a name that is too long",
    bundle: inZip({ name: `a/${long(256)}` }),
    reason: "path-length",
    entry: `a/${long(256)}`,
  },
  {
    what: "a target that is too long",
    bundle: inZip(zipLink("l", long(5_000))),
    reason: "path-length",
    entry: "l",
  },
  {
    what: "a path that is too deep",
    bundle: inTar(file("a/b/c/d")),
    reason: "depth",
    entry: "a/b/c/d",
    limits: { depth: 3 },
  },
];

for (const { what, bundle, reason, entry, limits } of hostile) {
  test(`${bundle.type}: ${what} (${JSON.stringify(entry).slice(0, 40)}) is refused`, async () => {
    await using place = await sandbox();
    const path = await place.bundle(bundle.bytes);
    const [passwd, before] = [lstatSync("/etc/passwd"), place.outside()];
    const unpacking = extractArchive({
      file: path,
      bundleType: bundle.type,
      destination: place.destination,
      ...(limits ? { limits } : {}),
    });
    await assert.rejects(unpacking, (error) => {
      assert.ok(error instanceof ArchiveRefused, String(error));
      assert.deepEqual([error.reason, error.entry], [reason, entry]);
      assert.ok(error.message.includes(JSON.stringify(entry).slice(0, 200)), error.message);
      assert.match(error.message, /allowed|without|may come twice|needs|only/);
      return true;
    });
    const after = place.outside();
    // The folder of the destination has got the destination, and with it a new time.
    const stable = (lines: string[]) => lines.filter((line) => !line.startsWith("deployment/ "));
    assert.deepEqual(stable(after), stable(before));
    assert.equal(lstatSync("/etc/passwd").nlink, passwd.nlink);
    assert.equal(existsSync("/tmp/runtime-archive-evil"), false);
  });
}

test("a refusal says which entry, why, and what is allowed", async () => {
  await using place = await sandbox();
  const bundle = await place.bundle(tar(file("../evil")));
  await assert.rejects(
    extractArchive({ file: bundle, bundleType: "tar", destination: place.destination }),
    {
      name: "ArchiveRefused",
      message: `the bundle's entry "../evil" leaves the unpack directory ` +
        `("..": only paths below the bundle's root are allowed)`,
    },
  );
});

const noise = Buffer.from(Array.from({ length: 900_000 }, (_, at) => (at * at * 31 + at) >> 3));
const broken: [what: string, type: "tar" | "tgz" | "zip", bytes: Buffer, message: RegExp][] = [
  ["a truncated gzip", "tgz", tgz(file("a"), file("b", "x".repeat(5_000))).subarray(0, -9), /tgz/],
  ["an empty tgz", "tgz", Buffer.alloc(0), /unexpected end of file/],
  ["an empty tar", "tar", Buffer.alloc(0), /empty/],
  ["a tar said to be tgz", "tgz", tar(file("a")), /no whole tgz archive.*incorrect header/],
  ["a packed tar that is cut off", "tar", tgz(file("a")).subarray(0, -9), /no whole tgz/],
  [
    "a tar that ends in a large file",
    "tar",
    tar({ name: "big", body: noise }).subarray(0, 5e5),
    /after its entry "big"/,
  ],
  [
    "a tar that ends in a small file",
    "tar",
    tar({ name: "f", body: "x" }).subarray(0, 600),
    /after its entry "f"/,
  ],
  [
    "a tar with a wrong checksum",
    "tar",
    flipped(tar(file("a"), file("b")), 1030),
    /Invalid tar header/,
  ],
  ["a gzip with a wrong checksum", "tgz", flipped(tgz(file("a")), -6), /incorrect data check/],
  ["a text said to be zip", "zip", Buffer.from("hello"), /no whole zip archive, at its beginning/],
  ["a truncated zip", "zip", zip({ name: "a" }).subarray(0, -5), /no whole zip/],
  [
    "a zip with a wrong CRC",
    "zip",
    zip({ name: "a", body: "x" }, { name: "b", body: "x", crc: 1 }),
    /"b" is damaged.*CRC/,
  ],
  [
    "a large zip entry with a wrong CRC",
    "zip",
    zip({ name: "b", body: noise, method: 8, crc: 1 }),
    /"b" is damaged.*CRC/,
  ],
  [
    "a deflated zip entry larger than stated",
    "zip",
    zip({ name: "b", body: "12345", method: 8, size: 3 }),
    /no whole zip|damaged/,
  ],
  [
    "a deflated zip entry smaller than stated",
    "zip",
    zip({ name: "b", body: "12345", method: 8, size: 9 }),
    /"b" is damaged.*9 were stated/,
  ],
  [
    "a large zip entry larger than stated",
    "zip",
    zip({ name: "b", body: noise, method: 8, size: 300_000 }),
    /"b" is damaged.*300000 were stated/,
  ],
];

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy[place] = copy[place]! ^ 1;
  return copy;
}

for (const [what, type, bytes, message] of broken) {
  test(`${what} is broken, and the message says where`, async () => {
    await using place = await sandbox();
    const bundle = await place.bundle(bytes);
    const { destination } = place;
    await assert.rejects(
      extractArchive({ file: bundle, bundleType: type, destination }),
      (error) => {
        assert.ok(error instanceof ArchiveBroken, String(error));
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test("a destination that holds something, or is no directory, is left as it is", async () => {
  await using place = await sandbox();
  const bundle = await place.bundle(tar(file("a")));
  await mkdir(place.destination);
  await writeFile(join(place.destination, "a"), "precious");
  for (const destination of [place.destination, dirname(bundle)]) {
    await assert.rejects(
      extractArchive({ file: bundle, bundleType: "tar", destination }),
      (error) => error instanceof UnpackFailed && /is not empty/.test(error.message),
    );
  }
  assert.equal(readFileSync(join(place.destination, "a"), "utf8"), "precious");
});

test("what the host cannot write is told by the entry, and is no fault of the archive", async () => {
  await using place = await sandbox();
  // Below the limit of a path, but not below this destination.
  const name = "123456789/".repeat(409) + "x";
  const bundle = await place.bundle(tar({ name: "x", body: "1", pax: { path: name } }));
  const limits = { depth: 1_000 };
  await assert.rejects(
    extractArchive({ file: bundle, bundleType: "tar", destination: place.destination, limits }),
    (error) => error instanceof UnpackFailed && /123456789\/.*ENAMETOOLONG/.test(error.message),
  );
});

test("a bundle that is not there is an error of reading, not a broken archive", async () => {
  await using place = await sandbox();
  for (const bundleType of ["tar", "tgz", "zip"] as const) {
    const destination = join(place.path, bundleType);
    await assert.rejects(
      extractArchive({ file: join(place.path, "gone"), bundleType, destination }),
      { code: "ENOENT" },
    );
  }
});

test("a repeated file replaces the earlier one, and nothing that was linked to it", async () => {
  await using place = await sandbox();
  const bundle = await place.bundle(
    tar(
      file("f", "first"),
      hardlink("g", "f"),
      file("./f", "second"),
      symlink("l", "f"),
      symlink("l", "f"),
    ),
  );
  const { destination } = place;
  const unpacked = await extractArchive({ file: bundle, bundleType: "tar", destination });
  assert.deepEqual(unpacked, { files: 3, bytes: 11 });
  assert.equal(readFileSync(join(destination, "f"), "utf8"), "second");
  assert.equal(readFileSync(join(destination, "g"), "utf8"), "first");
});

test("set-uid, set-gid and sticky bits are taken away, in tar and zip", async () => {
  await using place = await sandbox();
  const bits = 0o7755;
  const archives = {
    tar: tar({ name: "d", flag: "5", mode: bits }, { name: "f", mode: bits, body: "x" }),
    zip: zip({ name: "d/", mode: 0o40000 | bits }, { name: "f", mode: 0o100000 | bits, body: "x" }),
  };
  for (const bundleType of ["tar", "zip"] as const) {
    const destination = join(place.path, bundleType);
    await extractArchive({
      file: await place.bundle(archives[bundleType]),
      bundleType,
      destination,
    });
    const modes = ["d", "f"].map((name) => lstatSync(join(destination, name)).mode & 0o7777);
    assert.deepEqual(modes, [0o755, 0o755]);
  }
});

test("an archive without entries leaves an empty directory", async () => {
  await using place = await sandbox();
  for (const [bundleType, bytes] of [["tar", tar()], ["tgz", tgz()], ["zip", zip()]] as const) {
    const destination = join(place.path, bundleType);
    const file = await place.bundle(bytes);
    assert.deepEqual(await extractArchive({ file, bundleType, destination }), {
      files: 0,
      bytes: 0,
    });
    assert.deepEqual(listing(destination), []);
  }
});
