import assert from "node:assert/strict";
import { appendFile, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
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

/** Orders a revision of page.html alone, with these lines in the agent's configuration. */
async function withSettings(
  lines: string,
  play: (run: (name: string) => ReturnType<Stage["end"]>, page: string) => Promise<void>,
): Promise<void> {
  await onStage(async (stage) => {
    await appendFile(stage.config, lines);
    const page = await startMachine(stage);
    await play(async (name) => {
      const wide = APPSPEC.replace("source: page.html", "source: /");
      const given = deploy(stage, name, await pack(stage, name, name === "wide" ? wide : APPSPEC));
      stage.server.give(given);
      return await stage.end(given.commandId);
    }, page);
  });
}

test("existence_checks: before-removal keeps the old version whole and lists all collisions with owners", async () => {
  await withSettings(":existence_checks: before-removal\n", async (run, page) => {
    assert.equal((await run("one")).status, "Succeeded");
    const www = join(page, "..");
    await mkdir(join(www, "scripts"));
    for (const name of ["appspec.yml", "scripts/hook.sh"]) await writeFile(join(www, name), "mine");
    const { status, completion } = await run("wide");
    assert.equal(status, "Failed");
    assert.equal(completion.events.at(-1)?.name, "Install");
    assert.match(completion.message, /2 specified files already exist/);
    for (const name of ["appspec\\.yml", "scripts/hook\\.sh"]) {
      assert.match(completion.message, new RegExp(`/srv/www/${name} \\(owner: \\w+\\)`));
    }
    assert.equal(await readFile(page, "utf8"), "one");
    assert.equal(await readFile(join(www, "appspec.yml"), "utf8"), "mine");
  });
});

test("adopt_if_identical: the agent takes an identical file over and refuses another text", async () => {
  await withSettings(":adopt_if_identical: true\n", async (run, page) => {
    await mkdir(join(page, ".."), { recursive: true });
    await writeFile(page, "one");
    assert.equal((await run("one")).status, "Succeeded");
    assert.equal((await run("two")).status, "Succeeded", "it was ours by then");
    assert.equal(await readFile(page, "utf8"), "two");
  });
  await withSettings(":adopt_if_identical: true\n", async (run, page) => {
    await mkdir(join(page, ".."), { recursive: true });
    await writeFile(page, "other");
    assert.match((await run("one")).completion.message, /already exists at this location: .*page/);
  });
});

test("release_directories: the agent makes each version beside the last and changes the link over", async () => {
  await withSettings(":release_directories: [/srv/www]\n", async (run, page) => {
    for (const name of ["one", "two"]) {
      const { status, completion } = await run(name);
      assert.equal(status, "Succeeded", completion.message);
      assert.equal(basename(await realpath(join(page, ".."))), `d-${name}`);
      assert.equal(await readFile(page, "utf8"), name);
    }
  });
});
