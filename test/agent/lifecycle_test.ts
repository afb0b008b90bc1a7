import assert from "node:assert/strict";
import { appendFile, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { machine } from "../../core/agent/lifecycle.ts";
import { APPSPEC, deploy, pack } from "./revision_on_stage.ts";
import { onStage, order, type Stage } from "./stage.ts";

async function startMachine(stage: Stage): Promise<string> {
  const installRoot = join(stage.folder, "machine");
  await stage.start(machine({ ...await readConfig(stage.config), installRoot }));
  return join(installRoot, "srv/www/page.html");
}

test("two deployments in turn: files are replaced, the old revision's script stops the application", async () => {
  await onStage(async (stage) => {
    const page = await startMachine(stage);
    for (const name of ["one", "two"]) {
      const given = deploy(stage, name, await pack(stage, name));
      stage.server.give(given);
      const { status, completion } = await stage.end(given.commandId);
      assert.equal(status, "Succeeded", completion.message);
      assert.equal(await readFile(page, "utf8"), name);
    }
    assert.deepEqual(stage.lines(), [
      "one BeforeInstall d-one",
      "one ValidateService d-one",
      "one ApplicationStop d-two",
      "two BeforeInstall d-two",
      "two ValidateService d-two",
    ]);
    const pointer = join(stage.root, "deployment-instructions", "g-1_most_recent_install");
    assert.equal(await readFile(pointer, "utf8"), join(stage.root, "g-1", "d-two"));
  });
});

test("release_directories: each deployment switches a link, and says so", async () => {
  await onStage(async (stage) => {
    const installRoot = join(stage.folder, "machine");
    const config = { ...await readConfig(stage.config), installRoot };
    await stage.start(machine({ ...config, releaseDirectories: ["/srv/www"] }));
    for (const name of ["one", "two"]) {
      const given = deploy(stage, name, await pack(stage, name));
      stage.server.give(given);
      const { status, completion } = await stage.end(given.commandId);
      assert.equal(status, "Succeeded", completion.message);
      assert.equal(await readFile(join(installRoot, "srv/www/page.html"), "utf8"), name);
      assert.equal(await readlink(join(installRoot, "srv/www")), `.www.releases/d-${name}`);
    }
  });
});

interface Broken {
  what: string;
  appSpec?: string;
  sha256?: string;
  event: string;
  message: RegExp;
}
const broken: Broken[] = [
  {
    what: "a bundle that is not the one that was ordered",
    sha256: "0".repeat(64),
    event: "DownloadBundle",
    message: /^Expected deployment artifact bundle sha256 0+ but was actually [0-9a-f]{64}$/,
  },
  {
    what: "an AppSpec with a fault",
    appSpec: APPSPEC.replace("destination: /srv/www", "destination: [1]"),
    event: "BeforeInstall",
    message: /appspec\.yml.*5.*18/s,
  },
];
for (const { what, appSpec, sha256, event, message } of broken) {
  test(`${what} fails ${event}, and the host keeps what it had`, async () => {
    await onStage(async (stage) => {
      const page = await startMachine(stage);
      const good = deploy(stage, "good", await pack(stage, "good"));
      stage.server.give(good);
      assert.equal((await stage.end(good.commandId)).status, "Succeeded");
      const bad = deploy(stage, "bad", await pack(stage, "bad", appSpec), sha256);
      stage.server.give(bad);
      const { status, completion } = await stage.end(bad.commandId);
      assert.equal(status, "Failed");
      assert.equal(completion.error_code, 5);
      assert.equal(completion.events.at(-1)?.name, event);
      assert.match(completion.message, message);
      assert.equal(await readFile(page, "utf8"), "good");
    });
  });
}

test("a bundle is fetched no faster than :max_rate:", async () => {
  await onStage(async (stage) => {
    await appendFile(stage.config, ":max_rate: 400KB\n");
    await startMachine(stage);
    // It fails to unpack when it has come: 200,000 bytes, of which 100,000 may come at once.
    const given = deploy(stage, "slow", new Uint8Array(200_000));
    const began = performance.now();
    stage.server.give(given);
    const { completion } = await stage.end(given.commandId);
    const elapsed = performance.now() - began;
    assert.match(completion.message, /no whole tgz archive/);
    assert.ok(elapsed >= 249, `took ${elapsed} ms`);
  });
});

test("a GitHub revision that GitHub makes no archive of fails DownloadBundle", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const given = order();
    given.specification.Revision = {
      RevisionType: "GitHub",
      GitHubRevision: { Account: "a", Repository: "r", CommitId: "c", BundleType: "tgz" },
    };
    stage.server.give(given);
    const { completion } = await stage.end(given.commandId);
    assert.equal(completion.events.at(-1)?.name, "DownloadBundle");
    assert.match(
      completion.message,
      /^GitHub revision specified with bundle_type other than zip or/,
    );
  });
});
