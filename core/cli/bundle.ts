/**
 * A folder as a bundle: the same tree gives the same bytes (sorted entries, no owner, no time of
 * packing), written to a temporary file without ever being whole in memory.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { lstat, mkdtemp, readdir, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
// @ts-types="npm:@types/tar-stream@3.1.5"
import { type Headers, type Pack, pack } from "tar-stream";
import type { BundleType } from "../domain/revision.ts";
import { checkAppSpec } from "./check_appspec.ts";
import { usageFailure } from "./failure.ts";
import { bundleTypeOf } from "./revision_argument.ts";

/** A file ready to upload; `sha256` in hex. Call `remove` when done with it. */
export interface Bundle {
  path: string;
  bundleType: BundleType;
  bytes: number;
  sha256: string;
  /** What may fail on hosts; nothing is known of an archive. */
  warnings: readonly string[];
  remove(): Promise<void>;
}

/** Bytes; a file up to this size is read in one go. */
const SMALL_FILE = 256 * 1024;
const NOTHING = Buffer.alloc(0);

const APPSPEC_NAMES = ["appspec.yml", "appspec.yaml"];

/** Packs a folder, or takes a .tgz, .tar or .zip file as it is. */
export async function openBundle(path: string): Promise<Bundle> {
  const found = await stat(path).catch((cause) => {
    throw usageFailure(`${path} cannot be read`, [String(cause)], [
      "name the folder that holds appspec.yml, or a .tgz, .tar or .zip file",
    ]);
  });
  if (found.isDirectory()) return await packDirectory(path);
  const bundleType = bundleTypeOf(path);
  if (bundleType === undefined || bundleType === "YAML" || bundleType === "JSON") {
    throw usageFailure(`${path} is neither a folder nor a .tgz, .tar or .zip file`, [], [
      "name the folder that holds appspec.yml",
    ]);
  }
  const sha256 = createHash("sha256");
  for await (const chunk of createReadStream(path)) sha256.update(chunk);
  return {
    path,
    bundleType,
    bytes: found.size,
    sha256: sha256.digest("hex"),
    warnings: [],
    remove: () => Promise.resolve(),
  };
}

/** Packs a folder with a valid appspec.yml (or .yaml) at its root into a .tgz. */
async function packDirectory(folder: string): Promise<Bundle> {
  const names = await readdir(folder);
  const appSpec = APPSPEC_NAMES.find((name) => names.includes(name));
  if (appSpec === undefined) {
    const looked = APPSPEC_NAMES.map((name) => join(folder, name)).join(" and ");
    throw usageFailure(`${join(folder, "appspec.yml")} was not found`, [`looked for ${looked}`], [
      "name the folder that holds appspec.yml",
    ]);
  }
  const warnings = checkAppSpec(join(folder, appSpec));
  const temporary = await mkdtemp(join(tmpdir(), "runtime-bundle-"));
  const remove = () => rm(temporary, { recursive: true, force: true });
  try {
    const path = join(temporary, "bundle.tgz");
    return { path, bundleType: "tgz", warnings, ...(await writeTgz(folder, path)), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeTgz(folder: string, path: string): Promise<{ bytes: number; sha256: string }> {
  const archive = pack();
  const sha256 = createHash("sha256");
  let bytes = 0;
  const tap = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      sha256.update(chunk);
      done(null, chunk);
    },
  });
  const written = pipeline(archive, createGzip(), tap, createWriteStream(path));
  const packed = addFolder(archive, folder, "").then(
    () => archive.finalize(),
    // The failure ends the pipeline, which would otherwise wait for more.
    (error) => archive.destroy(error),
  );
  await Promise.all([written, packed]);
  return { bytes, sha256: sha256.digest("hex") };
}

/** Adds what lies in a folder, in the order of names by code unit; folders before their contents. */
async function addFolder(archive: Pack, folder: string, prefix: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.sort()) {
    const path = join(folder, name);
    const found = await lstat(path);
    const header: Headers = {
      name: prefix + name,
      mode: found.mode & 0o7777,
      mtime: new Date(Math.trunc(found.mtimeMs / 1000) * 1000),
      uid: 0,
      gid: 0,
    };
    if (found.isDirectory()) {
      await addEntry(archive, { ...header, name: `${prefix}${name}/`, type: "directory" });
      await addFolder(archive, path, `${prefix}${name}/`);
    } else if (found.isSymbolicLink()) {
      await addEntry(archive, { ...header, type: "symlink", linkname: await readlink(path) });
    } else if (found.isFile() && found.size <= SMALL_FILE) {
      // A stream for each of ten thousand small files costs several times what the files do.
      await addEntry(archive, { ...header, type: "file" }, readFileSync(path));
    } else if (found.isFile()) {
      await pipeline(
        createReadStream(path),
        archive.entry({ ...header, type: "file", size: found.size }),
      );
    } else {
      throw usageFailure(`${path} is neither a file, a folder nor a symbolic link`, [], [
        "take it out of the folder",
      ]);
    }
  }
}

function addEntry(archive: Pack, header: Headers, contents = NOTHING): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry(header, contents, (error) => error ? reject(error) : resolve());
  });
}
