import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { appendFile, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { bundleFor } from "../../core/agent/early_download.ts";
import { layout } from "../../core/agent/layout.ts";
import { machine } from "../../core/agent/lifecycle.ts";
import { writePointer } from "../../core/agent/pointer_file.ts";
import type { LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import { deploy, pack } from "./revision_on_stage.ts";
import { onStage, order, type Stage } from "./stage.ts";

async function startMachine(stage: Stage): Promise<string> {
  const installRoot = join(stage.folder, "machine");
  await appendFile(stage.config, ":stop_script_from: new\n");
  await stage.start(machine({ ...await readConfig(stage.config), installRoot }));
  return join(installRoot, "srv/www/page.html");
}

type There = "nothing" | "archive without its pointer" | "whole archive";
const rows: [
  from: "previous" | "new",
  event: LifecycleEventName,
  there: There,
  fetches: boolean,
][] = [
  ["previous", "BeforeBlockTraffic", "nothing", false],
  ["previous", "AfterBlockTraffic", "nothing", false],
  ["previous", "ApplicationStop", "nothing", false],
  ["previous", "DownloadBundle", "nothing", true],
  ["previous", "DownloadBundle", "whole archive", true],
  ["new", "BeforeBlockTraffic", "nothing", true],
  ["new", "AfterBlockTraffic", "nothing", true],
  ["new", "ApplicationStop", "nothing", true],
  ["new", "ApplicationStop", "archive without its pointer", true],
  ["new", "ApplicationStop", "whole archive", false],
  ["new", "DownloadBundle", "nothing", true],
  ["new", "DownloadBundle", "archive without its pointer", true],
  ["new", "DownloadBundle", "whole archive", false],
  ["new", "BeforeInstall", "nothing", false],
  ["new", "AfterAllowTraffic", "nothing", false],
];
for (const [from, event, there, fetches] of rows) {
  const what = fetches ? "fetches the bundle" : "fetches nothing";
  test(`stop_script_from ${from}: ${event} with ${there} there ${what}`, async () => {
    const places = layout(mkdtempSync(join(tmpdir(), "runtime-early-")));
    try {
      const given = order({ deploymentId: "d-1", group: "g-1" });
      const { root, archive } = places.deployment("g-1", "d-1");
      if (there !== "nothing") mkdirSync(archive, { recursive: true });
      if (there === "whole archive") writePointer(places.mostRecentInstall("g-1"), root);
      let fetched = 0;
      const download = () => Promise.resolve(void fetched++);
      const { signal } = new AbortController();
      await bundleFor(event, given, { onLine() {}, signal }, { from, places, download });
      assert.equal(fetched, fetches ? 1 : 0);
    } finally {
      rmSync(places.root, { recursive: true });
    }
  });
}

test("stop_script_from new: each deployment is stopped by its own revision's script, the first one too", async () => {
  await onStage(async (stage) => {
    const page = await startMachine(stage);
    for (const name of ["one", "two"]) {
      const given = deploy(stage, name, await pack(stage, name));
      stage.server.give(given);
      const { status, completion } = await stage.end(given.commandId);
      assert.equal(status, "Succeeded", completion.message);
      assert.deepEqual(completion.events.map(({ name }) => name), given.events);
      assert.equal(await readFile(page, "utf8"), name);
    }
    assert.deepEqual(stage.lines(), [
      "one ApplicationStop d-one",
      "one BeforeInstall d-one",
      "one ValidateService d-one",
      "two ApplicationStop d-two",
      "two BeforeInstall d-two",
      "two ValidateService d-two",
    ]);
  });
});

test("stop_script_from new: the bundle comes once, and DownloadBundle says that it was there", async () => {
  await onStage(async (stage) => {
    const given = deploy(stage, "one", await pack(stage, "one"));
    const host = machine({ ...await readConfig(stage.config), stopScriptFrom: "new" });
    const texts: string[] = [];
    const { signal } = new AbortController();
    const onLine = (_: string, text: string) => void texts.push(text);
    for (const event of ["BeforeBlockTraffic", "ApplicationStop", "DownloadBundle"] as const) {
      assert.equal(await host.isNoop?.(event, given), false);
      const end = await host.run(event, given, { onLine, onSpawn() {}, signal });
      assert.equal("error_code" in end && end.error_code, 0);
    }
    assert.equal(stage.server.gets.length, 1);
    assert.equal(texts.filter((text) => text.startsWith("Downloaded ")).length, 1);
    assert.equal(texts.at(-1), "The bundle was unpacked before, for stop_script_from: new");
  });
});

test("stop_script_from new: a bundle that cannot be had fails ApplicationStop, and nothing has run", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const given = deploy(stage, "one", await pack(stage, "one"), "0".repeat(64));
    stage.server.give(given);
    const { status, completion } = await stage.end(given.commandId);
    assert.deepEqual([status, completion.error_code], ["Failed", 5]);
    assert.deepEqual(completion.events.map(({ name }) => name), ["ApplicationStop"]);
    assert.match(
      completion.message,
      /^The scripts of ApplicationStop come from the new revision \(stop_script_from: new\), which could not be downloaded: Expected deployment artifact bundle sha256 0+ but was actually/,
    );
    assert.deepEqual(stage.lines(), []);
  });
});

test("stop_script_from new: where failures of ApplicationStop are ignored, DownloadBundle tries again", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const bytes = await pack(stage, "one");
    const given = deploy(stage, "one", bytes, "0".repeat(64));
    stage.server.give({ ...given, ignoreFailuresOf: ["ApplicationStop"] });
    const { completion } = await stage.end(given.commandId);
    const events = completion.events.map(({ name, status }) => `${name} ${status}`);
    assert.deepEqual(events, ["ApplicationStop Failed", "DownloadBundle Failed"]);
  });
});

test("stop_script_from new: an archive that is gone is fetched again by DownloadBundle", async () => {
  await onStage(async (stage) => {
    const given = deploy(stage, "one", await pack(stage, "one"));
    const host = machine({ ...await readConfig(stage.config), stopScriptFrom: "new" });
    const { signal } = new AbortController();
    const context = { onLine() {}, onSpawn() {}, signal };
    await host.run("ApplicationStop", given, context);
    const { archive } = layout(stage.root).deployment("g-1", "d-one");
    await rm(archive, { recursive: true });
    await host.run("DownloadBundle", given, context);
    assert.ok(existsSync(join(archive, "appspec.yml")));
    assert.equal(stage.server.gets.length, 2);
  });
});
