/**
 * DownloadBundle (spec 6.1): fetches the bundle into the deployment's folder, unpacks it, and notes
 * the deployment as the group's most recent one. Every step may be repeated after a crash.
 * @module
 */
import { rm } from "node:fs/promises";
import type { Order } from "../wire/agent_protocol.ts";
import { extractArchive } from "./archive/extract.ts";
import { stripLeadingDirectory } from "./archive/strip.ts";
import { BundleError, bundleName } from "./bundle_request.ts";
import { counted } from "./counted.ts";
import { type BundleSource, fetchBundle } from "./fetch_bundle.ts";
import type { EventContext } from "./host.ts";
import type { Layout } from "./layout.ts";
import { writePointer } from "./pointer_file.ts";

/** Throws BundleError, or what unpacking throws. */
export async function downloadBundle(
  { specification }: Order,
  places: Layout,
  source: BundleSource,
  { onLine, signal }: Pick<EventContext, "onLine" | "signal">,
): Promise<void> {
  const { DeploymentGroupId, DeploymentId, Revision } = specification;
  if (Revision.RevisionType === "GitHub") {
    throw new BundleError(
      "GitHub revisions are not supported by this agent yet: push the revision with " +
        "`runtime push DIR --app APPLICATION` and deploy that one",
    );
  }
  const paths = places.deployment(DeploymentGroupId, DeploymentId);
  const fetched = await fetchBundle(Revision.S3Revision, paths.bundle, source, signal);
  const size = counted(fetched.bytes, "byte");
  onLine("agent", `Downloaded ${bundleName(Revision.S3Revision)}: ${size}`);
  await rm(paths.archive, { recursive: true, force: true });
  const unpacked = await extractArchive({
    file: paths.bundle,
    bundleType: Revision.S3Revision.BundleType,
    destination: paths.archive,
    signal,
  });
  await stripLeadingDirectory(paths.archive);
  const files = counted(unpacked.files, "file");
  onLine("agent", `Unpacked ${files}, ${counted(unpacked.bytes, "byte")}`);
  writePointer(places.mostRecentInstall(DeploymentGroupId), paths.root);
}
