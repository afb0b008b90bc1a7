import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { hooksAfter } from "../../core/agent/hook_run.ts";
import { machine } from "../../core/agent/lifecycle.ts";
import { AfterHookName } from "../../core/domain/after_hook.ts";
import { IN_PLACE_EVENTS, type LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { deployment, revision, type Scripts } from "./hooked_revision.ts";
import { onStage, order, type Stage, until } from "./stage.ts";

const ALL = { OnFailure: "echo sorry", OnRollback: "", Finally: "" };

async function startMachine(stage: Stage): Promise<void> {
  const installRoot = join(stage.folder, "machine");
  await stage.start(machine({ ...await readConfig(stage.config), installRoot }));
}

/** Deploys a revision to its end; the lines its hooks left, and what was told. */
async function play(stage: Stage, name: string, scripts: Scripts, creator = "user") {
  const before = stage.lines().length;
  const given = deployment(stage, name, revision(stage, name, scripts), { creator });
  stage.server.give(given);
  const end = await stage.end(given.commandId);
  const ran = stage.lines().slice(before).map((line) => line.trim());
  return { ...end, ran, lines: heard(stage, given) };
}

function heard(stage: Stage, { commandId }: Order): string[] {
  const updates = stage.server.updates.filter((update) => update.commandId === commandId);
  const live = updates.flatMap(({ progress }) => progress.log);
  const end = stage.server.completions.find((told) => told.commandId === commandId);
  const { log_lines = [], sent_before: before } = end?.completion ?? {};
  const came = updates.some(({ progress: { mark } }) =>
    mark?.run === before?.run && mark?.sequence === before?.sequence
  );
  return [...live, ...log_lines.slice(before && came ? before.lines : 0)]
    .filter(({ event }) => AfterHookName.safeParse(event).success)
    .map(({ event, stream, text }) => `${event} ${stream} ${text}`);
}

test("after a failed event OnFailure and Finally run, told of event and exit code, and change nothing", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const end = await play(stage, "one", { AfterInstall: "exit 7", ...ALL });
    assert.deepEqual(end.ran, [
      "one AfterInstall",
      "one OnFailure Failed AfterInstall 7",
      "one Finally Failed AfterInstall 7",
    ]);
    assert.equal(end.status, "Failed");
    assert.equal(end.completion.error_code, 4);
    const names = end.completion.events.map(({ name }) => name);
    assert.deepEqual(names, IN_PLACE_EVENTS.slice(0, 5));
    assert.deepEqual(end.lines, ["OnFailure stdout sorry"]);
    const deployed = join(stage.root, "g-1", "d-one");
    const log = readFileSync(join(deployed, "logs", "scripts.log"), "utf8");
    assert.match(log, /LifecycleEvent - OnFailure\n.*Script - scripts\/OnFailure-0\.sh\n.*sorry/);
    const all = join(stage.root, "deployment-logs", "codedeploy-agent-deployments.log");
    assert.match(readFileSync(all, "utf8"), /\[d-one\]LifecycleEvent - Finally/);
  });
});

test("the failed event is told before OnFailure has ended", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const go = join(stage.folder, "go");
    const waits = `while [ ! -e ${go} ]; do sleep 0.02; done`;
    const scripts = { ValidateService: "exit 3", OnFailure: waits };
    const given = deployment(stage, "one", revision(stage, "one", scripts));
    stage.server.give(given);
    const failed = () =>
      stage.server.updates.flatMap(({ progress }) => progress.events)
        .find(({ name, status }) => name === "ValidateService" && status === "Failed");
    await until(() => failed() !== undefined, "the failed event");
    assert.equal(failed()?.diagnostics?.error_code, 4);
    assert.equal(stage.server.completions.length, 0);
    await appendFile(go, "");
    assert.equal((await stage.end(given.commandId)).status, "Failed");
  });
});

test("after success Finally alone runs; its failure is told in a line and the result stays", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const end = await play(stage, "one", { ...ALL, Finally: "exit 9" });
    assert.deepEqual(end.ran, ["one Finally Succeeded"]);
    assert.equal(end.status, "Succeeded");
    assert.equal(end.completion.error_code, 0);
    assert.deepEqual(end.lines, [
      "Finally agent Finally failed: Script at specified location: scripts/Finally-0.sh failed " +
      "with exit code 9; the result stays what it was",
    ]);
  });
});

test("OnFailure has its own timeout, and Finally runs after one that is too slow", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const slow = { run: "sleep 60", members: "timeout: 1" };
    const end = await play(stage, "one", { BeforeInstall: "exit 1", ...ALL, OnFailure: slow });
    assert.equal(end.ran.at(-1), "one Finally Failed BeforeInstall 1");
    assert.match(end.lines.at(-1) ?? "", /OnFailure failed: .* failed to complete in 1 seconds/);
  });
});

test("the hooks after a run share one time limit; it ends the running one and the result stays", async () => {
  await onStage(async (stage) => {
    const installRoot = join(stage.folder, "machine");
    const host = machine({ ...await readConfig(stage.config), installRoot });
    assert.ok(host.afterHooks);
    await stage.start({ ...host, afterHooks: { ...host.afterHooks, limitMs: 500 } });
    const end = await play(stage, "one", { BeforeInstall: "exit 1", OnFailure: "sleep 60" });
    assert.equal(end.status, "Failed");
    assert.equal(end.completion.error_code, 4);
    assert.deepEqual(end.ran, ["one BeforeInstall", "one OnFailure Failed BeforeInstall 1"]);
    assert.match(end.lines.at(-1) ?? "", /OnFailure failed: .*; the result stays what it was$/);
  });
});

test("before the new revision is unpacked OnFailure is that of the revision whose script failed", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    await play(stage, "old", { ApplicationStop: "exit 5", ...ALL });
    const end = await play(stage, "new", ALL);
    assert.deepEqual(end.ran, [
      "old ApplicationStop",
      "old OnFailure Failed ApplicationStop 5",
      "old Finally Failed ApplicationStop 5",
    ]);
  });
});

test("without any revision to ask, a line says that OnFailure did not run", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const given = deployment(stage, "one", new Uint8Array(10));
    stage.server.give(given);
    const { completion } = await stage.end(given.commandId);
    assert.equal(completion.events.at(-1)?.name, "DownloadBundle");
    assert.deepEqual(heard(stage, given), [
      "OnFailure agent OnFailure did not run, if there is one: the revision is not unpacked, and " +
      "no script of another one failed",
    ]);
  });
});

test("a run that was stopped ends with Finally, told so", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const go = join(stage.folder, "go");
    const waits = `while [ ! -e ${go} ]; do sleep 0.02; done`;
    const bytes = revision(stage, "one", { BeforeInstall: waits, ...ALL });
    const given = deployment(stage, "one", bytes);
    stage.server.give(given);
    await until(() => stage.lines().length > 0, "the script");
    stage.server.cancel.add(given.commandId);
    stage.server.news();
    await until(() => stage.server.cancel.size === 0, "the wish to be told");
    const polls = stage.server.polls.length;
    await until(() => stage.server.polls.length > polls, "the wish to arrive");
    await appendFile(go, "");
    const { completion } = await stage.end(given.commandId);
    assert.equal(completion.message, "stopped by request");
    assert.deepEqual(stage.lines().map((line) => line.trim()), [
      "one BeforeInstall",
      "one Finally Stopped",
    ]);
  });
});

test("a rollback begins with OnRollback of the revision it leaves, told how that one's run ended", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    await play(stage, "good", ALL);
    await play(stage, "bad", { AfterInstall: "exit 7", ApplicationStop: "", ...ALL });
    const back = await play(stage, "back", { BeforeInstall: "" }, "codeDeployRollback");
    assert.deepEqual(back.ran, [
      "bad OnRollback Failed AfterInstall 7",
      "bad ApplicationStop",
      "back BeforeInstall",
    ]);
    assert.equal(back.status, "Succeeded");
    const again = await play(stage, "again", {}, "codeDeployRollback");
    assert.deepEqual(again.ran, [], "the revision that is left has no OnRollback");
    assert.ok(existsSync(join(stage.root, "g-1", "d-again", "outcome.json")));
  });
});

test("the first deployment of a host may be a rollback; there is nothing to leave then", async () => {
  await onStage(async (stage) => {
    await startMachine(stage);
    const end = await play(stage, "one", ALL, "codeDeployRollback");
    assert.equal(end.status, "Succeeded");
    assert.deepEqual(end.ran, ["one Finally Succeeded"]);
  });
});

const ends: [isCommand: boolean, failed: LifecycleEventName | undefined, hooks: string[]][] = [
  [false, undefined, ["Finally"]],
  [false, "Install", ["OnFailure", "Finally"]],
  [false, "ApplicationStop", ["OnFailure", "Finally"]],
  [true, undefined, []],
  [true, "Install", ["OnFailure"]],
  [true, "ApplicationStop", []],
];
for (const [isCommand, failedEvent, hooks] of ends) {
  const kind = isCommand ? "a server that hands out single events" : "an order";
  const how = failedEvent === undefined ? "succeeds" : `fails in ${failedEvent}`;
  test(`what runs after ${kind} that ${how}: ${hooks.join(", ") || "nothing"}`, () => {
    const given = { ...order(), ...(isCommand && { isCommand }) };
    const outcome = failedEvent
      ? { status: "Failed" as const, failedEvent }
      : { status: "Succeeded" as const };
    assert.deepEqual(hooksAfter(given, outcome), hooks);
  });
}
