/**
 * DownloadBundle (spec 6.1): fetches the bundle into the deployment's folder, unpacks it, and notes
 * the deployment as the group's most recent one. A tar is unpacked while it comes, beside its place,
 * and moved there when it was found right. Every step may be repeated after a crash.
 * @module
 */
import { rename } from "node:fs/promises";
import type { DeploymentSpecification } from "../wire/agent_protocol.ts";
import { extractArchive, type Unpacked } from "./archive/extract.ts";
import { stripLeadingDirectory } from "./archive/strip.ts";
import { originOf, type Reach } from "./bundle_origin.ts";
import type { BundleOrigin } from "./bundle_request.ts";
import { counted } from "./counted.ts";
import { fetchBundle, type Pace } from "./fetch_bundle.ts";
import type { EventContext } from "./host.ts";
import type { DeploymentPaths, Layout } from "./layout.ts";
import { writePointer } from "./pointer_file.ts";
import { unpackHeld } from "./reuse_bundle.ts";
import type { BundleReader } from "./received_bundle.ts";
import { removeTree } from "./remove_tree.ts";
import { UnpackAlong } from "./unpack_along.ts";

type Context = Pick<EventContext, "onLine" | "signal">;

/** How bundles are reached, and how fast. */
export type BundleSource = Reach & Pace;

/** Of a specification, which revision, and whose. */
type What = Pick<
  DeploymentSpecification,
  | "DeploymentGroupId"
  | "DeploymentId"
  | "Revision"
  | "GitHubAccessToken"
  | "ReuseArchiveFromDeploymentId"
>;

/**
 * Throws BundleError, or what unpacking throws; nothing is unpacked then. With `reuses`, a bundle
 * that the specification says is on this host is not downloaded.
 */
export async function downloadBundle(
  { specification }: { specification: What },
  places: Layout,
  source: BundleSource & { readonly reuses?: boolean },
  context: Context,
): Promise<void> {
  const { DeploymentGroupId, DeploymentId } = specification;
  const paths = places.deployment(DeploymentGroupId, DeploymentId);
  const destination = `${paths.archive}.new`;
  // What an agent that was killed left there.
  await removeTree(destination);
  try {
    const held = source.reuses
      ? await unpackHeld(specification, places, destination, context)
      : undefined;
    const unpacked = held ??
      await fetchAndUnpack(
        await originOf(specification, source),
        { ...paths, destination },
        source,
        context,
      );
    await stripLeadingDirectory(destination);
    await removeTree(paths.archive);
    await rename(destination, paths.archive);
    const files = counted(unpacked.files, "file");
    context.onLine("agent", `Unpacked ${files}, ${counted(unpacked.bytes, "byte")}`);
  } catch (error) {
    await removeTree(destination);
    throw error;
  }
  writePointer(places.mostRecentInstall(DeploymentGroupId), paths.root);
}

async function fetchAndUnpack(
  origin: BundleOrigin,
  { bundle, destination }: DeploymentPaths & { destination: string },
  pace: Pace,
  { onLine, signal }: Context,
): Promise<Unpacked> {
  const { bundleType } = origin;
  const fetchTo = async (reader?: BundleReader) => {
    const { bytes } = await fetchBundle(origin, bundle, pace, signal, reader);
    onLine("agent", `Downloaded ${origin.name}: ${counted(bytes, "byte")}`);
  };
  if (bundleType === "zip") {
    // The directory of a zip stands at its end, so it cannot be unpacked while it comes.
    await fetchTo();
    return await extractArchive({ file: bundle, bundleType, destination, signal });
  }
  const along = new UnpackAlong({ bundleType, destination, signal });
  try {
    await fetchTo(along);
    return await along.finish();
  } catch (error) {
    await along.abandon();
    throw error;
  }
}
