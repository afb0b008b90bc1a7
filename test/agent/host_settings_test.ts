import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { machine } from "../../core/agent/lifecycle.ts";
import { APPSPEC, deploy, pack } from "./revision_on_stage.ts";
import { onStage, type Stage } from "./stage.ts";

/** Orders a revision of page.html alone, with these lines in the agent's configuration. */
async function withSettings(
  lines: string,
  play: (run: (name: string) => ReturnType<Stage["end"]>, page: string) => Promise<void>,
): Promise<void> {
  await onStage(async (stage) => {
    await appendFile(stage.config, lines);
    const installRoot = join(stage.folder, "machine");
    await stage.start(machine({ ...await readConfig(stage.config), installRoot }));
    const page = join(installRoot, "srv/www/page.html");
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
