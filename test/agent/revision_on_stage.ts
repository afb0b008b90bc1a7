/**
 * Revisions for tests of whole deployments: a page, and one script that says of which revision it
 * is, in which event, for which deployment.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DeploymentSpecification, Order } from "../../core/wire/agent_protocol.ts";
import { order, type Stage } from "./stage.ts";

export const APPSPEC = `version: 0.0
os: linux
files:
  - source: page.html
    destination: /srv/www
hooks:
  ApplicationStop:
    - location: scripts/hook.sh
  BeforeInstall:
    - location: scripts/hook.sh
  ValidateService:
    - location: scripts/hook.sh
`;

/**
 * Packs a revision into a folder of its own, as `tar czf` of `deployment/` does. Its script fails in
 * the event `fails`.
 */
export async function pack(
  stage: Stage,
  name: string,
  appSpec = APPSPEC,
  fails = "none",
): Promise<Uint8Array> {
  const folder = join(stage.folder, name, "revision");
  const script = `#!/bin/sh\necho ${name} $LIFECYCLE_EVENT $DEPLOYMENT_ID >>${stage.ran}\n` +
    `test $LIFECYCLE_EVENT != ${fails}\n`;
  const files = { "appspec.yml": appSpec, "page.html": name, "scripts/hook.sh": script };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode: 0o755 });
  }
  const bundle = join(stage.folder, `${name}.tgz`);
  const made = spawnSync("tar", ["czf", bundle, "-C", dirname(folder), "revision"]);
  assert.equal(made.status, 0, String(made.stderr));
  return await readFile(bundle);
}

/** An order to deploy the bundle, which the server then has. */
export function deploy(stage: Stage, name: string, bytes: Uint8Array, sha256 = hash(bytes)): Order {
  stage.server.bundles.set(`/b/${name}`, { bytes });
  const Revision: DeploymentSpecification["Revision"] = {
    RevisionType: "S3",
    S3Revision: {
      Bucket: "b",
      Key: name,
      BundleType: "tgz",
      Version: null,
      ETag: null,
      SHA256: sha256,
      Size: bytes.length,
    },
  };
  const given = order({ deploymentId: `d-${name}` });
  return { ...given, specification: { ...given.specification, Revision } };
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
