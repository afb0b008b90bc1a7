import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { Journal } from "../../core/agent/journal.ts";
import { markOf } from "../../core/agent/process_mark.ts";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { onStage, order, type Stage, until } from "./stage.ts";

const RESTARTED = "Failed: Failing in-progress lifecycle event after an agent restart.";

/** Says which event ran, and waits for the file `go` the first time. */
async function holdAt(stage: Stage, event: (typeof IN_PLACE_EVENTS)[number]): Promise<string> {
  const go = join(stage.folder, `go-${event}`);
  await stage.script(event, `echo ${event} $$ >>$RAN; while [ ! -e ${go} ]; do sleep 0.02; done`);
  return go;
}

test("law 1: an agent killed in a hook fails that event with code 7 and ends the stray script", async () => {
  await onStage(async (stage) => {
    // A grandchild shows that the whole group is ended; it ignores nothing and outlives nobody.
    await stage.script("BeforeInstall", "sleep 1000 & echo BeforeInstall $$ $! >>$RAN; wait");
    const child = await stage.spawn();
    const given = order();
    stage.server.give(given);
    await until(() => stage.steps().includes("BeforeInstall spawned"), "the script");
    await until(() => stage.lines().length === 1, "the script's line");
    await stage.kill(child);
    const [, script, sleeper] = stage.lines()[0]?.split(" ").map(Number) ?? [];
    assert.ok(markOf(script ?? 0), "the script outlives its agent");
    await stage.spawn();
    const { status, completion } = await stage.end(given.commandId);
    assert.equal(status, "Failed");
    assert.deepEqual([completion.error_code, completion.message], [7, RESTARTED]);
    assert.equal(completion.events.at(-1)?.name, "BeforeInstall");
    assert.equal(completion.events.at(-1)?.diagnostics?.error_code, 7);
    assert.equal(stage.lines().length, 1, "the hook ran once");
    assert.equal(markOf(script ?? 0), undefined, "the stray script is gone");
    assert.equal(markOf(sleeper ?? 0), undefined, "its children are gone");
  });
});

test("a stray script that ignores TERM is killed", async () => {
  await onStage(async (stage) => {
    await stage.script(
      "BeforeInstall",
      "trap '' TERM; echo $$ >>$RAN; while :; do sleep 0.1; done",
    );
    const child = await stage.spawn();
    const given = order();
    stage.server.give(given);
    await until(() => stage.steps().includes("BeforeInstall spawned"), "the script");
    await until(() => stage.lines().length === 1, "the script's line");
    await stage.kill(child);
    await stage.spawn();
    const { completion } = await stage.end(given.commandId);
    assert.equal(completion.error_code, 7);
    assert.equal(markOf(Number(stage.lines()[0])), undefined);
  });
});

test("a process that only has the number of a stray script is left alone", async () => {
  await onStage(async (stage) => {
    const given = order({ events: ["BeforeInstall"] });
    const { commandId, nonce } = given;
    const deploymentId = given.specification.DeploymentId;
    const event = {
      at: 1,
      kind: "event",
      commandId,
      deploymentId,
      event: "BeforeInstall",
    } as const;
    const me = markOf(process.pid);
    assert.ok(me);
    await mkdir(stage.root);
    const journal = await Journal.open(join(stage.root, "journal.jsonl"));
    await journal.append({ at: 1, kind: "order", commandId, nonce, order: given });
    await journal.append({ ...event, what: "started" });
    await journal.append({ ...event, what: "spawned", ...me, startTicks: me.startTicks - 1 });
    await journal.close();
    await stage.start();
    const { completion } = await stage.end(given.commandId);
    assert.equal(completion.error_code, 7); // and this process is still here to say so
  });
});

for (const event of ["DownloadBundle", "Install"] as const) {
  test(`an agent killed in ${event} begins it again and carries the order to its end`, async () => {
    await onStage(async (stage) => {
      await stage.script("ApplicationStop", "echo ApplicationStop >>$RAN");
      const go = await holdAt(stage, event);
      await stage.script("ValidateService", "echo ValidateService >>$RAN");
      const child = await stage.spawn();
      const given = order();
      stage.server.give(given);
      await until(() => stage.lines().some((line) => line.startsWith(event)), event);
      await stage.kill(child);
      await appendFile(go, "");
      await stage.spawn();
      const { status, completion } = await stage.end(given.commandId);
      assert.equal(status, "Succeeded");
      assert.deepEqual(completion.events.map(({ name }) => name), IN_PLACE_EVENTS);
      assert.deepEqual(stage.lines().map((line) => line.split(" ")[0]), [
        "ApplicationStop",
        event,
        event,
        "ValidateService",
      ]);
      assert.ok(stage.steps().includes(`${event} resumed`));
    });
  });
}

test("law 1: killed again and again, an order is carried out whole and every hook runs exactly once", async () => {
  await onStage(async (stage) => {
    const hooks = IN_PLACE_EVENTS.filter((name) => name !== "DownloadBundle" && name !== "Install");
    for (const event of hooks) await stage.script(event, `echo ${event} >>$RAN`);
    const given = order();
    stage.server.give(given);
    let kills = 0;
    // Graceful stops fall between events by design; DownloadBundle and Install are where a kill may
    // fall without failing the order, and both are held here until the kill has fallen.
    for (const held of ["DownloadBundle", "Install"] as const) {
      const go = await holdAt(stage, held);
      const child = await stage.spawn();
      await until(() => stage.lines().some((line) => line.startsWith(held)), held);
      await stage.kill(child);
      kills++;
      await appendFile(go, "");
      await stage.script(held, "");
    }
    await stage.spawn();
    assert.equal((await stage.end(given.commandId)).status, "Succeeded");
    assert.equal(kills, 2);
    const ran = stage.lines().filter((line) => hooks.some((event) => event === line));
    assert.deepEqual(ran, hooks);
    const started = stage.steps().filter((step) => step.endsWith(" started"));
    assert.deepEqual(started, IN_PLACE_EVENTS.map((event) => `${event} started`));
  });
});

test("a graceful stop lets the running event end; the next start goes on with the one after", async () => {
  await onStage(async (stage) => {
    for (const event of IN_PLACE_EVENTS) await stage.script(event, `echo ${event} >>$RAN`);
    const go = await holdAt(stage, "BeforeInstall");
    const child = await stage.spawn();
    const given = order();
    stage.server.give(given);
    await until(() => stage.lines().length === 3, "BeforeInstall");
    const exit = once(child, "exit");
    process.kill(child.pid ?? 0, "SIGTERM");
    const polls = stage.server.polls.length;
    await appendFile(go, "");
    const [code] = await exit;
    assert.equal(code, 0);
    assert.equal(stage.lines().length, 3, "no later event began");
    assert.equal(stage.server.polls.length, polls, "nothing more was asked");
    assert.ok(!existsSync(join(stage.root, "agent.lock")), "the lock is let go");
    await stage.spawn();
    const end = await stage.end(given.commandId);
    assert.equal(end.status, "Succeeded", `${JSON.stringify(end)} ${stage.steps().join("\n")}`);
    assert.deepEqual(stage.lines().map((line) => line.split(" ")[0]), IN_PLACE_EVENTS);
  });
});

test("an end that was never answered is told again by the next start", async () => {
  await onStage(async (stage) => {
    await stage.script("ValidateService", "echo ran >>$RAN; exit 9");
    stage.server.broken.add("PutHostCommandComplete");
    const child = await stage.spawn();
    const given = order();
    stage.server.give(given);
    await until(() => stage.journal().some(({ kind }) => kind === "completed"), "the end");
    await stage.kill(child);
    stage.server.broken.clear();
    await stage.spawn();
    const { completion } = await stage.end(given.commandId);
    assert.equal(completion.error_code, 4);
    assert.deepEqual(stage.lines(), ["ran"]);
    await until(() => stage.journal().at(-1)?.kind === "reported", "the answer");
  });
});

test("a line that a crash tore is cut off, and the journal goes on after it", async () => {
  await onStage(async (stage) => {
    const child = await stage.spawn();
    const given = order();
    stage.server.give(given);
    await stage.end(given.commandId);
    await stage.kill(child);
    const path = join(stage.root, "journal.jsonl");
    await appendFile(path, '{"at":1,"kind":"order","comm');
    await stage.spawn();
    const next = order();
    stage.server.give(next);
    await stage.end(next.commandId);
    assert.equal(stage.journal().filter(({ kind }) => kind === "order").length, 2);
    assert.ok(!readFileSync(path, "utf8").includes('"comm{'));
  });
});

test("a server that was away for a moment is asked again within about a second", async () => {
  await onStage(async (stage) => {
    await stage.start();
    await until(() => stage.server.polls.length > 1, "the long poll");
    const port = Number(new URL(stage.server.url).port);
    await stage.server.close();
    const back = Date.now();
    await stage.server.listen(port);
    const polls = stage.server.polls.length;
    await until(() => stage.server.polls.length > polls, "the next poll");
    assert.ok(Date.now() - back < 1_500, `${Date.now() - back} ms`);
  });
});
