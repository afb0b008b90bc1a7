/**
 * The bundle of an earlier deployment in the place of a download (spec 12.7): a restart runs a
 * revision that this host has. The bundle is linked and unpacked anew, so that the restart gets what
 * was deployed and not what scripts have made of it. Whatever is wrong with it is told, and the
 * bundle is downloaded.
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { link, mkdir, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { BundleRevision } from "../wire/bundle_revision.ts";
import type { DeploymentSpecification } from "../wire/agent_protocol.ts";
import { extractArchive, type Unpacked } from "./archive/extract.ts";
import type { EventContext } from "./host.ts";
import { deploymentPaths, type Layout } from "./layout.ts";
import { readPointer } from "./pointer_file.ts";
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
    const held = await findHeld(reuse.DeploymentGroupId, from, expected, { places, signal });
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
 * The bundle of the deployment `from`. Where that went past this host, as it was current then, the
 * one that was installed last will do if it is the same to the byte. Throws what is wrong.
 */
async function findHeld(
  groupId: string,
  from: string,
  expected: Pick<Expected, "sha256" | "size">,
  { places, signal }: { places: Layout; signal: AbortSignal },
): Promise<{ bundle: string; of: string }> {
  const { root, bundle } = places.deployment(groupId, from);
  const last = readPointer(places.lastSuccessfulInstall(groupId));
  if (existsSync(bundle) || expected.sha256 === undefined || last === undefined || last === root) {
    await mustBe(bundle, expected, signal);
    return { bundle, of: from };
  }
  const installed = deploymentPaths(last).bundle;
  await mustBe(installed, expected, signal);
  return { bundle: installed, of: basename(last) };
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
  { sha256, size }: Pick<Expected, "sha256" | "size">,
  signal: AbortSignal,
): Promise<void> {
  const found = await stat(file);
  if (size !== undefined && found.size !== size) {
    throw new Error(`${basename(file)} has ${found.size} bytes instead of ${size}`);
  }
  if (sha256 === undefined) return;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk);
  if (hash.digest("hex") !== sha256.toLowerCase()) {
    throw new Error(`${basename(file)} has another SHA-256 than the revision`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
