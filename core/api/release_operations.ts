/** The operations on releases, which CodeDeploy does not have. @module */
import type { Engine } from "../engine/engine.ts";
import type { Operation } from "./operation.ts";
import { createRelease } from "./operations/create_release.ts";
import { getRelease } from "./operations/get_release.ts";
import { listReleases } from "./operations/list_releases.ts";
import { stopRelease } from "./operations/stop_release.ts";

export function releaseOperations(engine: Engine): Operation[] {
  return [createRelease(engine), getRelease(engine), listReleases, stopRelease(engine)];
}
