import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { downloadBundle } from "../../core/agent/download.ts";
import { type DeploymentPaths, layout } from "../../core/agent/layout.ts";
import type { S3Revision } from "../../core/wire/bundle_revision.ts";
import { tar, type TarEntry, tgz } from "./archive/tar_bytes.ts";
import { zip } from "./archive/zip_bytes.ts";
import { bundleOrder } from "./bundle_order.ts";
import { type BundleStore, identity, withStore } from "./bundle_store.ts";

const run = promisify(execFile);
const KiB = 1024;
const MiB = 1024 * KiB;
const project = join(import.meta.dirname ?? "", "../..");
/** What the binary is compiled with: its memory is the one that counts. */
const bun = join(project, "node_modules/.bin/bun");
const FILES = ["one", "two", "three", "four"].map((name) => ({ name, body: randomBytes(100_000) }));
const APPSPEC = { name: "appspec.yml", body: "version: 0.0\nos: linux\n" };
const CONTENT = [APPSPEC, ...FILES];

interface Host {
  store: BundleStore;
  paths: DeploymentPaths;
  root: string;
  stop: AbortController;
  lines: string[];
  download(bundleType: S3Revision["BundleType"], said?: Partial<S3Revision>): Promise<void>;
}

async function onHost(play: (host: Host) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "download-"));
  const places = layout(root);
  await mkdir(places.instructions, { recursive: true });
  const stop = new AbortController();
  const lines: string[] = [];
  try {
    await withStore((store) =>
      play({
        store,
        root,
        stop,
        lines,
        paths: places.deployment("g-1", "d-1"),
        download: (bundleType, said) =>
          downloadBundle(
            bundleOrder(bundleType, said),
            places,
            { s3Endpoint: store.url, identity, retryAfter: [1, 1, 1] },
            { signal: stop.signal, onLine: (_, line) => lines.push(line) },
          ),
      })
    );
  } finally {
    await rm(root, { recursive: true });
  }
}

function assertUnpacked({ archive, root }: DeploymentPaths, content: TarEntry[]): void {
  assert.deepEqual(readdirSync(archive).sort(), content.map(({ name }) => name).sort());
  for (const { name, body = "" } of content) {
    assert.ok(readFileSync(join(archive, name)).equals(bytesOf(body)), `${name} differs`);
  }
  assert.deepEqual(readdirSync(root).sort(), ["bundle.tar", "deployment-archive"]);
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition();) {
    assert.ok(Date.now() < deadline, `not within 10 seconds: ${condition}`);
    await setTimeout(5);
  }
}

const types: [type: S3Revision["BundleType"], bytes: Uint8Array][] = [
  ["tar", tar(...CONTENT)],
  ["tgz", tgz(...CONTENT)],
  ["zip", zip(...CONTENT.map(({ name, body }) => ({ name, body })))],
];
for (const [type, bytes] of types) {
  test(`a ${type} of the right size, hash and tag is unpacked, whatever a crash left there`, async () => {
    await onHost(async ({ store, paths, lines, download }) => {
      store.bytes = bytes;
      for (const folder of [paths.archive, `${paths.archive}.new`]) {
        await mkdir(join(folder, "old"), { recursive: true });
        await writeFile(join(folder, "one"), "half");
      }
      await download(type, { SHA256: sha256(bytes), Size: bytes.length, ETag: "e1" });
      assertUnpacked(paths, CONTENT);
      assert.deepEqual(lines, [
        `Downloaded s3://b/k: ${bytes.length} bytes`,
        "Unpacked 5 files, 400023 bytes",
      ]);
    });
  });

  test(`a ${type} of another hash leaves nothing unpacked`, async () => {
    await onHost(async ({ store, paths, download }) => {
      store.bytes = bytes;
      const expected = "0".repeat(64);
      await assert.rejects(download(type, { SHA256: expected }), {
        name: "BundleError",
        message: `Expected deployment artifact bundle sha256 ${expected} but was actually ` +
          sha256(bytes),
      });
      assert.deepEqual(readdirSync(paths.root), ["bundle.tar"]);
    });
  });
}

for (const [type, bytes] of types.slice(0, 2)) {
  test(`a ${type} is unpacked beside its place while it comes`, async () => {
    await onHost(async ({ store, paths, download }) => {
      store.bytes = bytes;
      let sendLast = () => {};
      store.lastByte = new Promise((resolve) => sendLast = resolve);
      const done = download(type, { SHA256: sha256(bytes) });
      await until(() => existsSync(join(`${paths.archive}.new`, "three")));
      assert.equal(existsSync(paths.archive), false);
      sendLast();
      await done;
      assertUnpacked(paths, CONTENT);
    });
  });
}

test("spec 6.1 unpack: a tar that is packed is unpacked all the same, as tar -x does", async () => {
  await onHost(async ({ store, paths, download }) => {
    store.bytes = tgz(...CONTENT);
    await download("tar");
    assertUnpacked(paths, CONTENT);
  });
});

const spoilt: [what: string, type: S3Revision["BundleType"], bytes: Uint8Array, said: RegExp][] = [
  ["a tgz that is none", "tgz", tar(...CONTENT), /^ArchiveBroken: Error extracting tar archive: /],
  ["a tar that is none", "tar", randomBytes(9_999), /^ArchiveBroken: Error extracting tar archive/],
  ["an empty tar", "tar", new Uint8Array(), /^ArchiveBroken: the bundle is empty/],
  ["an empty tgz", "tgz", new Uint8Array(), /^ArchiveBroken: Error extracting tar archive/],
  ["a zip that is none", "zip", randomBytes(9_999), /^ArchiveBroken: the bundle is no whole zip/],
];
for (const [what, type, bytes, said] of spoilt) {
  test(`spec 6.1 unpack: ${what} fails with words that say so`, async () => {
    await onHost(async ({ store, download }) => {
      store.bytes = bytes;
      await assert.rejects(download(type), said);
    });
  });
}

const full: [what: string, kibibytes: number, content: Uint8Array, said: RegExp][] = [
  [
    "while it is unpacked",
    600,
    gzipSync(tar(APPSPEC, { name: "zeros", body: new Uint8Array(2 * MiB) })),
    /^UnpackFailed: The disk is \(or was\) full during extraction: cannot unpack "zeros": .*no space/i,
  ],
  [
    "while it comes",
    200,
    randomBytes(300_000),
    /^BundleError: The disk is full, the bundle does not fit on it: .*no space/i,
  ],
];
for (const [what, kibibytes, content, said] of full) {
  const skip = process.getuid?.() !== 0 && "only root may make a small disk";
  test(`spec 6.1 unpack: a disk that fills up ${what} is told`, { skip }, async () => {
    await onHost(async ({ store, paths, download }) => {
      store.bytes = content;
      await mkdir(paths.root, { recursive: true });
      await run("mount", ["-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", paths.root]);
      try {
        await assert.rejects(download("tgz"), said);
        assert.deepEqual(readdirSync(paths.root), ["bundle.tar"]);
      } finally {
        await run("umount", [paths.root]);
      }
    });
  });
}

test("a download that broke off twice is unpacked as if it had come at once", async () => {
  await onHost(async ({ store, paths, download }) => {
    store.bytes = tgz(...CONTENT);
    store.tears.push(150_000, 100_000);
    await download("tgz", { SHA256: sha256(store.bytes) });
    assert.equal(store.asked.length, 3);
    assertUnpacked(paths, CONTENT);
  });
});

test("of an object that changed in the middle nothing stays but what it holds now", async () => {
  await onHost(async ({ store, paths, download }) => {
    const now = [APPSPEC, { name: "five", body: randomBytes(50_000) }];
    store.bytes = tgz(...CONTENT);
    store.tears.push(250_000);
    store.beforeAnswer = (answer) => {
      if (answer > 1) [store.bytes, store.eTag] = [tgz(...now), '"e2"'];
    };
    await download("tgz", { SHA256: sha256(tgz(...now)) });
    assertUnpacked(paths, now);
  });
});

const broken: [what: string, bytes: Uint8Array, name: string][] = [
  ["is no gzip", randomBytes(300_000), "ArchiveBroken"],
  ["ends too early", tgz(...CONTENT).subarray(0, 200_000), "ArchiveBroken"],
  ["leads out of its folder", tgz({ name: "../x", body: "x" }, ...FILES), "ArchiveRefused"],
];
for (const [what, bytes, name] of broken) {
  test(`a bundle that ${what} is refused when it came whole, and leaves nothing`, async () => {
    await onHost(async ({ store, paths, root, download }) => {
      store.bytes = bytes;
      await assert.rejects(download("tgz", { SHA256: sha256(bytes) }), { name });
      assert.deepEqual(readdirSync(paths.root), ["bundle.tar"]);
      assert.ok(readFileSync(paths.bundle).equals(bytes));
      assert.deepEqual(readdirSync(join(root, "deployment-instructions")), []);
    });
  });

  test(`a bundle that ${what} and is another than ordered is refused for being another`, async () => {
    await onHost(async ({ store, download }) => {
      store.bytes = bytes;
      await assert.rejects(download("tgz", { SHA256: "0".repeat(64) }), /bundle sha256 0+ but was/);
    });
  });
}

test("a download that is stopped ends with the reason and leaves nothing unpacked", async () => {
  await onHost(async ({ store, paths, stop, download }) => {
    store.bytes = tgz(...CONTENT);
    let sendLast = () => {};
    store.lastByte = new Promise((resolve) => sendLast = resolve);
    const done = download("tgz");
    const ended = assert.rejects(done, /^Error: the agent leaves$/);
    await until(() => existsSync(join(`${paths.archive}.new`, "two")));
    stop.abort(new Error("the agent leaves"));
    await ended;
    sendLast();
    assert.deepEqual(readdirSync(paths.root), ["bundle.tar"]);
  });
});

test("memory does not grow with the bundle: 128 MiB come through in less than that", async () => {
  await onHost(async ({ store, root, paths }) => {
    // Files so small that writing them is slower than the line: what came has to wait.
    const body = randomBytes(16 * KiB);
    const content = Array.from({ length: 8192 }, (_, at) => ({ name: `f${at}`, body }));
    // Random bytes do not get smaller, so no time is spent on trying.
    store.bytes = gzipSync(tar(...content), { level: 0 });
    const runner = join(project, "test/agent/download_process.ts");
    const child = spawn(bun, [runner, store.url, root], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (text) => printed += text);
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    assertUnpacked(paths, content);
    const grown = Number(printed);
    assert.ok(grown > 0 && grown < 96 * MiB, `grew by ${Math.round(grown / MiB)} MiB`);
  });
});
