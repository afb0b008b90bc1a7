/**
 * Rollbacks by the compiled binary, from the bundles that the hosts keep. The server's copy is taken
 * away before, so that any download fails.
 * @module
 */
import assert from "node:assert/strict";

import { join } from "node:path";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { deploy, ended, infoOf, installed, starts } from "./deployments.ts";
import { Fleet } from "./fleet.ts";

test("a rollback succeeds from what the hosts keep when the bundle is nowhere else any more", async () => {
  const fleet = await Fleet.start(2);
  try {
    await fleet.declare({ config: "CodeDeployDefault.AllAtOnce", rollback: "[failure]" });
    const first = await deploy(fleet, fleet.bundle("one", version("one")));
    assert.equal(first.code, 0, first.stderr);
    // Of the second version the hosts get what they need before the script fails; of the first nothing.
    const lose = `rm -rf '${join(fleet.data, "artifacts")}'; exit 7`;
    const failed = await deploy(
      fleet,
      fleet.bundle("two", version("two", { ApplicationStart: lose })),
    );
    assert.equal(failed.code, 3, failed.stdout + failed.stderr);
    assert.match(failed.stdout, /Reused the bundle of d-[A-Z0-9]+.*nothing was downloaded/);
    assert.deepEqual(fleet.hosts.map(installed), ["one\n", "one\n"]);
    const id = /Deployment (d-[A-Z0-9]+) failed/.exec(failed.stderr)?.[1] ?? "";
    const rollbackId = (await infoOf(fleet, id)).rollbackInfo?.rollbackDeploymentId ?? "";
    assert.equal((await ended(fleet, rollbackId)).status, "Succeeded");
    const [host] = fleet.hosts;
    assert.ok(host);
    assert.equal(starts(fleet, host, rollbackId)["DownloadBundle"], 1);
    assert.match(failed.stderr, new RegExp(`rolled back by ${rollbackId}: 2 of 2 hosts on s3://`));
  } finally {
    await fleet.close();
  }
});

test("hosts that keep the bundle no more download it, and the rollback succeeds all the same", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare({ rollback: "[failure]" });
    const [host] = fleet.hosts;
    assert.ok(host);
    assert.equal((await deploy(fleet, fleet.bundle("one", version("one")))).code, 0);
    const lose = `rm "$HOST_DIR"/deployment-root/*-*/d-*/bundle.tar; exit 7`;
    const failed = await deploy(
      fleet,
      fleet.bundle("two", version("two", { ApplicationStart: lose })),
    );
    assert.equal(failed.code, 3, failed.stdout + failed.stderr);
    assert.match(failed.stdout, /cannot be reused: it is not here any more; it is downloaded/);
    assert.equal(installed(host), "one\n");
  } finally {
    await fleet.close();
  }
});
