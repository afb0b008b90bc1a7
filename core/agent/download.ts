/**
 * DownloadBundle (spec 6.1): fetches the bundle into the deployment's folder, unpacks it, and notes
 * the deployment as the group's most recent one. A tar is unpacked while it comes, beside its place,
 * and moved there when it was found right. Every step may be repeated after a crash.
 * @module
 */
import { rename } from "node:fs/promises";
import type { Order } from "../wire/agent_protocol.ts";
import { extractArchive, type Unpacked } from "./archive/extract.ts";
import { stripLeadingDirectory } from "./archive/strip.ts";
import { BundleError, bundleName, type S3Revision } from "./bundle_request.ts";
import { counted } from "./counted.ts";
import { type BundleSource, fetchBundle } from "./fetch_bundle.ts";
import type { EventContext } from "./host.ts";
import type { DeploymentPaths, Layout } from "./layout.ts";
import { writePointer } from "./pointer_file.ts";
import type { BundleReader } from "./received_bundle.ts";
import { removeTree } from "./remove_tree.ts";
import { UnpackAlong } from "./unpack_along.ts";

type Context = Pick<EventContext, "onLine" | "signal">;

/** Throws BundleError, or what unpacking throws; nothing is unpacked then. */
export async function downloadBundle(
  { specification }: Order,
  places: Layout,
  source: BundleSource,
  context: Context,
): Promise<void> {
  const { DeploymentGroupId, DeploymentId, Revision } = specification;
  if (Revision.RevisionType === "GitHub") {
    throw new BundleError(
      "GitHub revisions are not supported by this agent yet: push the revision with " +
        "`runtime push DIR --app APPLICATION` and deploy that one",
    );
  }
  const paths = places.deployment(DeploymentGroupId, DeploymentId);
  const destination = `${paths.archive}.new`;
  // What an agent that was killed left there.
  await removeTree(destination);
  try {
    const revision = Revision.S3Revision;
    const unpacked = await fetchAndUnpack(revision, { ...paths, destination }, source, context);
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
  revision: S3Revision,
  { bundle, destination }: DeploymentPaths & { destination: string },
  source: BundleSource,
  { onLine, signal }: Context,
): Promise<Unpacked> {
  const { BundleType: bundleType } = revision;
  const fetchTo = async (reader?: BundleReader) => {
    const { bytes } = await fetchBundle(revision, bundle, source, signal, reader);
    onLine("agent", `Downloaded ${bundleName(revision)}: ${counted(bytes, "byte")}`);
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
