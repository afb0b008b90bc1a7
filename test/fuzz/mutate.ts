/**
 * Seeds and what is done to them: everything follows from one number, so a failure can be repeated.
 * @module
 */
import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import { tar, tgz } from "../agent/archive/tar_bytes.ts";
import { zip } from "../agent/archive/zip_bytes.ts";
import { HOSTILE, patched } from "../agent/archive/hostile_corpus.ts";
import type { Random } from "../random_numbers.ts";

export type Kind = "tar" | "tgz" | "zip" | "appspec";

export interface Seed {
  kind: Kind;
  bytes: Buffer;
}

export interface Case extends Seed {
  /** Which of the cases of a seed number. */
  at: number;
}

const APPSPEC = `version: 0.0
os: linux
files:
  - source: app
    destination: /srv/shop
  - {source: /, destination: "~"}
file_exists_behavior: OVERWRITE
permissions:
  - &p
    object: /srv/shop
    pattern: "*.sh"
    except: [a, 'b*']
    owner: shop
    mode: 0644
    acls: ["u:shop:rwx", d:g::7]
    context: {type: t, range: "s0-s1:c0.c3"}
    type: [file, directory]
  - <<: *p
    object: /srv/other
hooks:
  ApplicationStop:
    - location: scripts/stop.sh
      timeout: 30
      runas: shop
      sudo: yes
  ValidateService: []
`;

const body = "0123456789abcdef".repeat(40);
const honest = [
  { name: "d/", flag: "5" },
  { name: "d/a", body },
  { name: "short", body: "x", pax: { path: `d/${"n".repeat(120)}`, mtime: "1.5", size: "1" } },
  { name: "big", body: Buffer.alloc(300_000, "big") },
  { name: "d/l", flag: "2", target: "a" },
  { name: "h", flag: "1", target: "d/a" },
];
const zipped = [
  { name: "d/", mode: 0o040755 },
  { name: "d/a", body, method: 8 },
  { name: "l", body: "d/a", mode: 0o120777 },
  { name: "big", body: Buffer.alloc(300_000, "big"), method: 8 },
];

export const SEEDS: readonly Seed[] = [
  { kind: "tar", bytes: tar(...honest) },
  { kind: "tgz", bytes: tgz(...honest) },
  { kind: "zip", bytes: zip(...zipped) },
  ...Array.from({ length: 12 }, (): Seed => ({ kind: "appspec", bytes: Buffer.from(APPSPEC) })),
  // Large ones would only make the cases slow.
  ...HOSTILE.filter(({ bytes }) => bytes.length < 20_000)
    .map(({ type, bytes }): Seed => ({ kind: type, bytes })),
];

/** Values that sizes, counts and offsets break at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const WORDS = [
  ..."/.. ../ ./ \\..\\ \0 \ufffd C:\\ GNU.sparse.major=1 <<: *p &p !!binary !!set ? - | > [ { %"
    .split(
      " ",
    ),
  "\n",
  "\t",
  "9999999999",
  "-1",
  "1e99",
  ".inf",
  "0x",
  "2001-01-01",
  "null",
];

/** One of the seeds, changed in up to eight places. */
export function nextCase(random: Random, at: number): Case {
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[random(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  };
  const { kind, bytes } = pick(SEEDS);
  // Below gzip's checksum nothing of a tar would be reached.
  const inner = kind === "tgz" && random(4) > 0 ? tryGunzip(bytes) : undefined;
  let mutant = Buffer.from(inner ?? bytes);
  for (let changes = 1 + random(8); changes > 0; changes--) mutant = changed(mutant, random, pick);
  if (kind !== "appspec" && kind !== "zip") mutant = rechecked(mutant, random);
  return { kind, at, bytes: inner === undefined ? mutant : gzipSync(mutant, { level: 1 }) };
}

function tryGunzip(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    // A seed may be broken on purpose; it is then changed as it is.
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

function changed(
  bytes: Buffer<ArrayBuffer>,
  random: Random,
  pick: <Item>(items: readonly Item[]) => Item,
): Buffer<ArrayBuffer> {
  // Most fields stand near the beginning, or near the end.
  const near = random(3) === 0 ? bytes.length : Math.min(bytes.length, 1536);
  const at = random(2) === 0 ? random(near + 1) : bytes.length - random(near + 1);
  const copy = Buffer.from(bytes);
  const splice = (inserted: Uint8Array, removed: number) =>
    Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
  switch (random(7)) {
    case 0:
      if (at < copy.length) copy[at] = random(256);
      return copy;
    case 1:
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
      return copy;
    case 2:
      if (at + 4 <= copy.length) copy.writeUInt32LE(pick(EDGES), at);
      return copy;
    case 3:
      return splice(Buffer.from(pick(WORDS)), random(2) === 0 ? 0 : random(12));
    case 4:
      return splice(Buffer.alloc(0), random(2) === 0 ? 512 : random(64));
    case 5:
      return splice(bytes.subarray(at, at + pick([512, 1024, random(200)])), 0);
    default:
      return Buffer.from(bytes.subarray(0, random(8) === 0 ? at : bytes.length));
  }
}

/** Gives the first header of a tar its checksum again, mostly: else nothing behind it is reached. */
function rechecked(bytes: Buffer<ArrayBuffer>, random: Random): Buffer<ArrayBuffer> {
  if (random(4) === 0) return bytes;
  const blocks = Array.from({ length: Math.ceil(bytes.length / 512) }, (_, at) => {
    const block = bytes.subarray(at * 512, (at + 1) * 512);
    const isHeader = block.length === 512 && block.toString("latin1", 257, 262) === "ustar";
    return isHeader ? patched(block, 0, block.subarray(0, 1)) : block;
  });
  return Buffer.concat(blocks);
}
