import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { begin, ended, IN_PLACE, once, starts, trace } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";

test("a server killed while a script runs: the agent ends its order alone, and reports it once the server is back", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare({ config: "CodeDeployDefault.AllAtOnce" });
    const [host] = fleet.hosts;
    assert.ok(host);
    const running = join(fleet.directory, "running");
    const go = join(fleet.directory, "go");
    const waits = `touch ${running}; while [ ! -e ${go} ]; do sleep 0.05; done`;
    const id = await begin(fleet, fleet.bundle("v1", version("1", { BeforeInstall: waits })));
    await until("the script runs", () => existsSync(running));
    await fleet.killServer();
    writeFileSync(go, "");
    const kinds = () => fleet.journal(host).map(({ kind }) => kind);
    await until("the order ends without a server", () => kinds().includes("completed"));
    assert.ok(!kinds().includes("reported"));
    await fleet.startServer();
    assert.equal((await ended(fleet, id)).status, "Succeeded");
    assert.deepEqual(starts(fleet, host, id), once(IN_PLACE));
    // ApplicationStop has nothing to stop yet; the four other scripts ran once each.
    assert.equal(trace(host).length, 4);
    await until("the answer", () => kinds().includes("reported"));
    assert.equal(kinds().filter((kind) => kind === "completed").length, 1);
  } finally {
    await fleet.close();
  }
});
