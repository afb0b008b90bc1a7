/**
 * Revisions for tests of hooks: a page, and scripts by event that first leave a line of what they
 * were told, in the file `ran` of the stage.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HookName } from "../../core/domain/after_hook.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { order, type Stage } from "./stage.ts";

/** A script's commands, and members of its entry in the AppSpec, as `timeout: 3`. */
export type HookScript = string | { run: string; members: string };
export type Scripts = Partial<Record<HookName, HookScript | HookScript[]>>;

const TOLD = '"$NAME $LIFECYCLE_EVENT ${DEPLOYMENT_STATUS-} ${FAILED_EVENT-} ${EXIT_CODE-}"';

/** Packs a revision; `files` are copied into /srv/www. */
export function revision(
  stage: Pick<Stage, "folder" | "ran">,
  name: string,
  scripts: Scripts,
  files: Record<string, string> = { "page.html": name },
): Uint8Array {
  const folder = join(stage.folder, "bundles", name);
  let hooks = "";
  const all: Record<string, string> = {};
  for (const [path, text] of Object.entries(files)) all[`www/${path}`] = text;
  for (const [event, given] of Object.entries(scripts)) {
    hooks += `  ${event}:\n`;
    for (const [index, script] of (Array.isArray(given) ? given : [given]).entries()) {
      const { run, members } = typeof script === "string" ? { run: script, members: "" } : script;
      const location = `scripts/${event}-${index}.sh`;
      hooks += `    - { location: ${location}${members && `, ${members}`} }\n`;
      all[location] = `#!/bin/sh\nNAME=${name} RAN=${stage.ran}\necho ${TOLD} >>$RAN\n${run}\n`;
    }
  }
  all["appspec.yml"] = "version: 0.0\nos: linux\nfiles:\n  - source: www\n" +
    `    destination: /srv/www\nhooks:\n${hooks}`;
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o755 });
  }
  const bundle = `${folder}.tgz`;
  const made = spawnSync("tar", ["czf", bundle, "-C", folder, "."]);
  assert.equal(made.status, 0, String(made.stderr));
  return readFileSync(bundle);
}

/** An order to deploy a bundle as `d-NAME`; the server has it then. */
export function deployment(
  stage: Pick<Stage, "server">,
  name: string,
  bytes: Uint8Array,
  changes: { creator?: string } & Partial<Parameters<typeof order>[0]> = {},
): Order {
  stage.server.bundles.set(`/b/${name}`, { bytes });
  const { creator = "user", ...rest } = changes;
  const given = order({ deploymentId: `d-${name}`, ...rest });
  const S3Revision = {
    Bucket: "b",
    Key: name,
    BundleType: "tgz" as const,
    Version: null,
    ETag: null,
  };
  const Revision = { RevisionType: "S3" as const, S3Revision };
  return {
    ...given,
    specification: { ...given.specification, Revision, DeploymentCreator: creator },
  };
}
