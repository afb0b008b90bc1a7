/**
 * `<root>/ongoing-deployment/<deployment id>`: there while an event of that deployment runs, with
 * the command's identifier in it (spec 12.2). Scripts and tools of AWS's agent look there before they
 * stop or replace it. What an agent that was killed has to finish is in the journal, not here.
 * @module
 */
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AgentConfig } from "./config.ts";
import type { Host } from "./host.ts";
import { log } from "./log.ts";
import { isMissing } from "./system_error.ts";

type Place = Pick<AgentConfig, "rootDir" | "ongoingDeployments">;

/** Removes what an agent that was killed left there. To be called by who holds the root's lock. */
export async function clearOngoing(place: Place, before: number): Promise<void> {
  const folder = join(place.rootDir, place.ongoingDeployments);
  try {
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      if ((await stat(file)).mtimeMs < before) await rm(file, { force: true });
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The host with a file for each deployment while it works on it. */
export function tracked(host: Host, place: Place): Host {
  const folder = join(place.rootDir, place.ongoingDeployments);
  return {
    ...host,
    async run(event, order, context) {
      const { commandId, specification: { DeploymentId } } = order;
      // An id may be an ARN (spec 12.3), whose slashes are no folders.
      const file = join(folder, DeploymentId.replaceAll("/", "_"));
      await mkdir(folder, { recursive: true });
      await writeFile(file, commandId);
      log.debug("{deployment}: {event} begins", { deployment: DeploymentId, event });
      try {
        return await host.run(event, order, context);
      } finally {
        log.debug("{deployment}: {event} has ended", { deployment: DeploymentId, event });
        await rm(file, { force: true });
      }
    },
  };
}
