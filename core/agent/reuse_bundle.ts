/**
 * The bundle of an earlier deployment in the place of a download (spec 12.7): a restart runs a
 * revision that this host has, and a rollback goes back to one. The bundle is linked and unpacked
 * anew, so that the host gets what was deployed and not what scripts have made of it. Whatever is
 * wrong with it is told, and the bundle is downloaded.
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { link, mkdir, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { BundleRevision } from "../wire/bundle_revision.ts";
import type { DeploymentSpecification } from "../wire/agent_protocol.ts";
import { extractArchive, type Unpacked } from "./archive/extract.ts";
import type { EventContext } from "./host.ts";
import type { Layout } from "./layout.ts";
import { removeTree } from "./remove_tree.ts";
import { isMissing } from "./system_error.ts";

/** Of a specification, what there is to reuse, and for whom. */
export type Reuse = Pick<
  DeploymentSpecification,
  "DeploymentGroupId" | "DeploymentId" | "Revision" | "ReuseArchiveFromDeploymentId"
>;

/** Whether a deployment's bundle can be reused by this id, as AWS's agent has it (spec 12.7). */
export function isDeploymentId(id: string | null | undefined): id is string {
  return /^d-[A-Z0-9]{1,62}$/.test(id ?? "");
}

/**
 * Unpacks the bundle that the specification says is here, and makes it this deployment's as well.
 * Undefined, with nothing left behind, when there is none or it cannot be used.
 */
export async function unpackHeld(
  reuse: Reuse,
  places: Layout,
  destination: string,
  { onLine, signal }: Pick<EventContext, "onLine" | "signal">,
): Promise<Unpacked | undefined> {
  const from = reuse.ReuseArchiveFromDeploymentId;
  if (!from) return undefined;
  const { bundle } = places.deployment(reuse.DeploymentGroupId, reuse.DeploymentId);
  try {
    if (!isDeploymentId(from) || from === reuse.DeploymentId) {
      throw new Error(`${JSON.stringify(from)} names no other deployment`);
    }
    const { bundleType, ...expected } = expectedOf(reuse.Revision);
    const held = await findHeld(reuse, from, expected, { places, signal });
    await mkdir(dirname(bundle), { recursive: true });
    await rm(bundle, { force: true });
    await link(held.bundle, bundle);
    const unpacked = await extractArchive({ file: bundle, bundleType, destination, signal });
    onLine(
      "agent",
      `Reused the bundle of ${held.of}, which is on this host; nothing was downloaded`,
    );
    return unpacked;
  } catch (error) {
    // The download writes into this file: it must not be the other deployment's any more.
    await rm(bundle, { force: true });
    await removeTree(destination);
    if (signal.aborted) throw error;
    const why = isMissing(error) ? "it is not here any more" : reasonOf(error);
    onLine("agent", `The bundle of ${from} cannot be reused: ${why}; it is downloaded`);
    return undefined;
  }
}

/**
 * The bundle of the deployment `from`. Where that went past this host, as it was current then, another
 * one that is kept of the group will do if it is the same to the byte. Throws what is wrong.
 */
async function findHeld(
  { DeploymentGroupId: groupId, DeploymentId: own }: Reuse,
  from: string,
  expected: Pick<Expected, "sha256" | "size">,
  { places, signal }: { places: Layout; signal: AbortSignal },
): Promise<{ bundle: string; of: string }> {
  const { bundle } = places.deployment(groupId, from);
  if (!existsSync(bundle) && expected.sha256 !== undefined) {
    for (const of of await readdir(places.group(groupId))) {
      const { root, bundle: other } = places.deployment(groupId, of);
      if (root === places.deployment(groupId, own).root) continue;
      if (await isSame(other, expected, signal)) return { bundle: other, of };
    }
  }
  await mustBe(bundle, expected, signal);
  return { bundle, of: from };
}

interface Expected {
  bundleType: "tar" | "tgz" | "zip";
  sha256?: string | undefined;
  size?: number | undefined;
}

function expectedOf(revision: BundleRevision): Expected {
  switch (revision.RevisionType) {
    case "S3": {
      const { BundleType, SHA256, Size } = revision.S3Revision;
      return { bundleType: BundleType, sha256: SHA256, size: Size };
    }
    case "HTTPS": {
      const { BundleType, SHA256 } = revision.HttpsRevision;
      return { bundleType: BundleType, sha256: SHA256 };
    }
    case "GitHub":
      return { bundleType: revision.GitHubRevision.BundleType === "zip" ? "zip" : "tar" };
  }
}

/** Throws unless the file has the size and SHA-256 of the revision, as far as they are known. */
async function mustBe(
  file: string,
  expected: Pick<Expected, "sha256" | "size">,
  signal: AbortSignal,
): Promise<void> {
  const difference = await differenceOf(file, expected, signal);
  if (difference !== undefined) throw new Error(difference);
}

async function isSame(
  file: string,
  expected: Pick<Expected, "sha256" | "size">,
  signal: AbortSignal,
): Promise<boolean> {
  if (!existsSync(file)) return false;
  return await differenceOf(file, expected, signal) === undefined;
}

async function differenceOf(
  file: string,
  { sha256, size }: Pick<Expected, "sha256" | "size">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await stat(file);
  if (size !== undefined && found.size !== size) {
    return `${basename(file)} has ${found.size} bytes instead of ${size}`;
  }
  if (sha256 === undefined) return undefined;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk);
  if (hash.digest("hex") === sha256.toLowerCase()) return undefined;
  return `${basename(file)} has another SHA-256 than the revision`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
