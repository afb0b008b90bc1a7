import assert from "node:assert/strict";
import { appendFileSync, existsSync, statSync, writeFileSync } from "node:fs";
import { appendFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { layout } from "../../core/agent/layout.ts";
import { machine } from "../../core/agent/lifecycle.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { deploy, pack } from "./revision_on_stage.ts";
import { onStage, order, type Stage } from "./stage.ts";

const FIRST = "d-FIRST0001";
const AGAIN = "d-AGAIN0001";

/** The order of a revision, and the one that restarts it. */
async function orders(stage: Stage, reuse = FIRST): Promise<{ first: Order; again: Order }> {
  const { specification } = deploy(stage, "one", await pack(stage, "one"));
  const of = (deploymentId: string, extra: object = {}) => {
    const given = order({ deploymentId });
    return {
      ...given,
      specification: { ...specification, ...extra, DeploymentId: deploymentId },
    };
  };
  return { first: of(FIRST), again: of(AGAIN, { ReuseArchiveFromDeploymentId: reuse }) };
}

/** An order that is given after others that were made later. */
function numberedAnew(given: Order): Order {
  return { ...given, nonce: order({ deploymentId: AGAIN }).nonce };
}

async function startMachine(stage: Stage, settings = ""): Promise<string> {
  const installRoot = join(stage.folder, "machine");
  await appendFile(stage.config, settings);
  await stage.start(machine({ ...await readConfig(stage.config), installRoot }));
  return join(installRoot, "srv/www/page.html");
}

/** Runs an order to its end; answers what the agent said of its bundle. */
async function run(stage: Stage, given: Order): Promise<string[]> {
  stage.server.give(given);
  const { status, completion } = await stage.end(given.commandId);
  assert.equal(status, "Succeeded", completion.message);
  return said(stage, given);
}

function said({ server }: Stage, { commandId }: Order): string[] {
  const ofOrder = (one: { commandId: string }) => one.commandId === commandId;
  const lines = [
    ...server.updates.filter(ofOrder).flatMap(({ progress }) => progress.log),
    ...server.completions.filter(ofOrder).flatMap(({ completion }) => completion.log_lines),
  ];
  return lines.map(({ text }) => text).filter((text) => /bundle|Downloaded/.test(text));
}

test("a restart takes the bundle that is on the host: nothing is asked for, no file is touched", async () => {
  await onStage(async (stage) => {
    const page = await startMachine(stage);
    const { first, again } = await orders(stage);
    await run(stage, first);
    const before = statSync(page);
    const gets = stage.server.gets.length;
    stage.server.bundles.clear();
    const lines = await run(stage, again);
    assert.match(lines.join(), /Reused the bundle of d-FIRST0001.*nothing was downloaded/);
    assert.equal(stage.server.gets.length, gets);
    const after = statSync(page);
    assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs]);
    assert.deepEqual(stage.lines(), [
      `one BeforeInstall ${FIRST}`,
      `one ValidateService ${FIRST}`,
      `one ApplicationStop ${AGAIN}`,
      `one BeforeInstall ${AGAIN}`,
      `one ValidateService ${AGAIN}`,
    ]);
  });
});

test("what a script wrote into the earlier revision's folder is not taken along", async () => {
  await onStage(async (stage) => {
    const page = await startMachine(stage);
    const { first, again } = await orders(stage);
    await run(stage, first);
    const { archive } = layout(stage.root).deployment("g-1", FIRST);
    writeFileSync(join(archive, "page.html"), "changed on the host");
    await run(stage, again);
    assert.equal(await readFile(page, "utf8"), "one");
  });
});

const FIRST_BUNDLE = (stage: Stage) => layout(stage.root).deployment("g-1", FIRST).bundle;
const fallbacks: [
  what: string,
  spoil: (stage: Stage) => unknown,
  reuse: string | undefined,
  why: RegExp,
][] = [
  [
    "is gone",
    (stage) => rm(FIRST_BUNDLE(stage)),
    FIRST,
    /not here any more; it is downloaded/,
  ],
  ["grew", (stage) => appendFileSync(FIRST_BUNDLE(stage), "x"), FIRST, /bytes instead of/],
  [
    "has other bytes",
    (stage) =>
      writeFileSync(FIRST_BUNDLE(stage), new Uint8Array(statSync(FIRST_BUNDLE(stage)).size)),
    FIRST,
    /another SHA-256/,
  ],
  ["is its own", () => {}, AGAIN, /names no other deployment/],
  ["lies outside", () => {}, "../g-2/d-1", /names no other deployment/],
];
for (const [what, spoil, reuse, why] of fallbacks) {
  test(`a bundle to reuse that ${what} is downloaded, and the agent says why`, async () => {
    await onStage(async (stage) => {
      const page = await startMachine(stage);
      const { first, again } = await orders(stage, reuse);
      await run(stage, first);
      await spoil(stage);
      const held = existsSync(FIRST_BUNDLE(stage))
        ? await readFile(FIRST_BUNDLE(stage))
        : undefined;
      const lines = await run(stage, again);
      assert.match(lines.join(), why);
      assert.match(lines.join(), /Downloaded/);
      assert.equal(await readFile(page, "utf8"), "one");
      // The download must not write through the link.
      if (held) assert.ok(held.equals(await readFile(FIRST_BUNDLE(stage))));
    });
  });
}

test("a host that the named deployment went past reuses any kept bundle that is the same to the byte", async () => {
  await onStage(async (stage) => {
    const page = await startMachine(stage);
    const { first, again } = await orders(stage, "d-PAST00001");
    await run(stage, first);
    // As when the deployment that is rolled back had put another revision here.
    await run(stage, deploy(stage, "two", await pack(stage, "two")));
    const gets = stage.server.gets.length;
    const lines = await run(stage, numberedAnew(again));
    assert.match(lines.join(), /Reused the bundle of d-FIRST0001/);
    assert.equal(stage.server.gets.length, gets);
    assert.equal(await readFile(page, "utf8"), "one");
  });
});

test("no other revision that is kept is taken for the one that is not", async () => {
  await onStage(async (stage) => {
    const page = await startMachine(stage);
    await run(stage, deploy(stage, "two", await pack(stage, "two")));
    const lines = await run(stage, (await orders(stage, "d-PAST00001")).again);
    assert.match(lines.join(), /cannot be reused: it is not here any more; it is downloaded/);
    assert.equal(await readFile(page, "utf8"), "one");
  });
});

test("the bundle that a rollback would take outlives any number of deployments that fail", async () => {
  await onStage(async (stage) => {
    await startMachine(stage, ":max_revisions: 1\n");
    const { first, again } = await orders(stage);
    await run(stage, first);
    const file = await pack(stage, "two");
    for (let n = 1; n <= 3; n++) {
      const broken = deploy(stage, `broken${n}`, file);
      broken.specification.KeepArchiveOfDeploymentId = FIRST;
      await run(stage, broken);
    }
    const gets = stage.server.gets.length;
    assert.match((await run(stage, numberedAnew(again))).join(), /Reused the bundle of d-FIRST/);
    assert.equal(stage.server.gets.length, gets);
  });
});

test("enable_archive_reuse: false downloads as if nothing had been said", async () => {
  await onStage(async (stage) => {
    await startMachine(stage, ":enable_archive_reuse: false\n");
    const { first, again } = await orders(stage);
    await run(stage, first);
    const lines = await run(stage, again);
    assert.match(lines.join(), /Downloaded/);
    assert.doesNotMatch(lines.join(), /[Rr]euse/);
  });
});

test("stop_script_from: new reuses the bundle before ApplicationStop", async () => {
  await onStage(async (stage) => {
    await startMachine(stage, ":stop_script_from: new\n");
    const { first, again } = await orders(stage);
    await run(stage, first);
    const gets = stage.server.gets.length;
    const lines = await run(stage, again);
    assert.match(lines.join(), /Reused the bundle/);
    assert.equal(stage.server.gets.length, gets);
  });
});

test("a revision beyond retention is not pruned before it is reused", async () => {
  await onStage(async (stage) => {
    await startMachine(stage, ":max_revisions: 1\n");
    const { first, again } = await orders(stage);
    await run(stage, first);
    await run(stage, deploy(stage, "two", await pack(stage, "two")));
    const lines = await run(stage, { ...again, nonce: order().nonce });
    assert.match(lines.join(), /Reused the bundle/);
  });
});
