import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ArchiveBroken,
  ArchiveRefused,
  quoted,
} from "../../../core/agent/archive/archive_error.ts";
import { extractArchive } from "../../../core/agent/archive/extract.ts";
import { HOSTILE, type Row } from "./hostile_corpus.ts";
import { listing, sandbox } from "./sandbox.ts";
import { tar, tarEntry } from "./tar_bytes.ts";
import { zip } from "./zip_bytes.ts";

function judge(error: unknown, [verdict, about]: Row["verdict"]): true {
  if (verdict === "broken") {
    assert.ok(error instanceof ArchiveBroken, String(error));
    assert.match(error.message, about);
    return true;
  }
  assert.ok(error instanceof ArchiveRefused, String(error));
  assert.deepEqual([error.reason, error.entry], [verdict, about]);
  assert.ok(error.message.includes(quoted(about)), error.message);
  assert.match(error.message, /allowed|without|may come twice|needs|only/);
  return true;
}

test("the corpus has at least 45 rows", () => assert.ok(HOSTILE.length >= 45));

for (const { what, type, bytes, verdict, limits } of HOSTILE) {
  test(`${type}: ${what} is ${verdict[0]}, and nothing outside changes`, async () => {
    await using place = await sandbox();
    const bundle = await place.bundle(bytes);
    // The folder of the destination has got the destination, and with it a new time.
    const outside = () => place.outside().filter((line) => !line.startsWith("deployment/ "));
    const before = outside();
    await assert.rejects(
      extractArchive({
        file: bundle,
        bundleType: type,
        destination: place.destination,
        ...(limits && { limits }),
      }),
      (error) => judge(error, verdict),
    );
    assert.deepEqual(outside(), before);
  });
}

/** Odd, and legal on Linux: each is a file of its own, whatever another system makes of it. */
const ODD = [
  "case",
  "Case",
  "CASE",
  "caf\u00e9",
  "cafe\u0301",
  "dot.",
  "dot..",
  "dot",
  "blank ",
  "blank",
  " blank",
  "...",
  "new\nline",
  "bell\u0007",
  "\u202egnp.exe",
  "back\\slash",
  "COM1",
  "a:b",
  "-rf",
  "~",
];

for (const [type, pack] of [["tar", tar], ["zip", zip]] as const) {
  test(`${type}: names that another system would fold together stay distinct`, async () => {
    await using place = await sandbox();
    const file = await place.bundle(
      pack(...ODD.map((name, at) => ({ name: `d/${name}`, body: `${at}` }))),
    );
    const { destination } = place;
    const unpacked = await extractArchive({ file, bundleType: type, destination });
    assert.equal(unpacked.files, ODD.length);
    const read = ODD.map((name) => readFileSync(join(destination, "d", name), "utf8"));
    assert.deepEqual(read, ODD.map((_, at) => `${at}`));
  });
}

test("long names of PAX and GNU unpack, set-uid bits do not, and no block is lost", async () => {
  await using place = await sandbox();
  const [pax, gnu] = ["p", "g"].map((letter) => `${letter.repeat(120)}/${letter.repeat(200)}`);
  const bytes = tar(
    { name: "short", body: "pax", pax: { path: pax! }, mode: 0o6755 },
    { name: "././@LongLink", flag: "L", body: `${gnu}\0` },
    { name: "short", body: "gnu" },
    { name: "after", body: "x" },
  );
  const { destination } = place;
  const file = await place.bundle(bytes);
  await extractArchive({ file, bundleType: "tar", destination });
  const read = [pax!, gnu!, "after"].map((name) => readFileSync(join(destination, name), "utf8"));
  assert.deepEqual(read, ["pax", "gnu", "x"]);
  assert.equal(lstatSync(join(destination, pax!)).mode & 0o7777, 0o755);
});

test("a tar cut off at any border of its blocks is broken until its end marker begins", async () => {
  const parts = [
    { name: "a", body: "1".repeat(700) },
    { name: "d/", flag: "5" },
    { name: "short", body: "2", pax: { path: `d/${"n".repeat(150)}` } },
    { name: "last", body: "3" },
  ];
  const bytes = tar(...parts);
  const contents = Buffer.concat(parts.map(tarEntry)).length;
  for (let end = 512; end <= bytes.length; end += 512) {
    await using place = await sandbox();
    const file = await place.bundle(bytes.subarray(0, end));
    const { destination } = place;
    const unpacking = extractArchive({ file, bundleType: "tar", destination });
    if (end <= contents) {
      await assert.rejects(unpacking, (error) => judge(error, ["broken", /after its entry "/]));
    } else assert.deepEqual(await unpacking, { files: 3, bytes: 702 }, `cut at ${end}`);
  }
});

test("a tar behind another is unpacked as one with it, and a repeated file is replaced", async () => {
  await using place = await sandbox();
  const file = await place.bundle(
    Buffer.concat([tar({ name: "a", body: "1" }), tar({ name: "a", body: "2" })]),
  );
  const { destination } = place;
  await extractArchive({ file, bundleType: "tar", destination });
  assert.deepEqual(listing(destination).length, 1);
  assert.equal(readFileSync(join(destination, "a"), "utf8"), "2");
});

test("a zip whose sizes follow the data has none in the local header, and unpacks", async () => {
  await using place = await sandbox();
  const streamed = { flags: 0x808, local: { crc: 0, size: 0, packed: 0 } };
  const file = await place.bundle(zip({ name: "a", body: "1", ...streamed }, { name: "b" }));
  const { destination } = place;
  const unpacked = await extractArchive({ file, bundleType: "zip", destination });
  assert.deepEqual(unpacked, { files: 2, bytes: 1 });
});

test("a large zip entry that cannot be inflated is broken, whenever its reading ends", async () => {
  await using place = await sandbox();
  const noise = Buffer.from(Array.from({ length: 900_000 }, (_, at) => (at * at * 31 + at) >> 3));
  const bytes = zip({ name: "big", body: noise, method: 8 });
  for (let at = 40; at < 9_000; at += 500) {
    const file = await place.bundle(Buffer.from(bytes).fill(0xff, at, at + 64));
    const destination = join(place.path, `${at}`);
    await assert.rejects(
      extractArchive({ file, bundleType: "zip", destination }),
      (error) => judge(error, ["broken", /"big"/]),
    );
  }
});
