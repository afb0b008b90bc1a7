/** Packs, uploads and registers a revision; shared by `push` and `deploy PATH`. @module */
import { resolve } from "node:path";
import type { RevisionLocation } from "../domain/revision.ts";
import { Empty } from "./answers.ts";
import type { Api } from "./api.ts";
import { putArtifact } from "./artifact.ts";
import { openBundle } from "./bundle.ts";
import type { Io } from "./io.ts";

export const DEFAULT_BUCKET = "revisions";

export interface PushRequest {
  path: string;
  app: string;
  /** The group it is for, when that is known: then both are asked for. */
  group?: string;
  bucket?: string;
  key?: string;
  description?: string;
}

export interface Pushed {
  revision: RevisionLocation;
  /** Hex, of the bundle. */
  sha256: string;
  bytes: number;
}

/** What it is for must exist: that is asked for first, so that nothing is uploaded in vain. */
export async function pushRevision(api: Api, io: Io, request: PushRequest): Promise<Pushed> {
  const { app: applicationName, description, bucket = DEFAULT_BUCKET } = request;
  const bundle = await openBundle(resolve(io.cwd, request.path));
  for (const warning of bundle.warnings) io.stderr.write(`warning: ${warning}\n`);
  try {
    await checkDestination(api, request);
    const { bundleType, sha256, bytes } = bundle;
    const key = request.key ?? `${applicationName}/${sha256.slice(0, 16)}.${bundleType}`;
    const artifact = await putArtifact(api.connection, { bucket, key }, bundle);
    const revision: RevisionLocation = {
      revisionType: "S3",
      s3Location: { bucket, key, bundleType, ...artifact },
    };
    await api.codedeploy("RegisterApplicationRevision", {
      applicationName,
      revision,
      ...(description !== undefined && { description }),
    }, Empty);
    return { revision, sha256, bytes };
  } finally {
    await bundle.remove();
  }
}

/** Throws `ApiError` when application or group is missing; the group's answer speaks for both. */
async function checkDestination(api: Api, { app, group }: PushRequest): Promise<void> {
  const applicationName = app;
  if (group === undefined) {
    await api.codedeploy("GetApplication", { applicationName }, Empty);
    return;
  }
  const input = { applicationName, deploymentGroupName: group };
  await api.codedeploy("GetDeploymentGroup", input, Empty);
}
