import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { JournalError } from "../../core/agent/journal.ts";
import { RootInUse } from "../../core/agent/lock.ts";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { hostArn } from "./command_server.ts";
import { onStage, order, until } from "./stage.ts";

test("an order's events run in turn, and the server hears events, lines and the end", async () => {
  await onStage(async (stage) => {
    await stage.script("BeforeInstall", "echo BeforeInstall >>$RAN; echo making room; sleep 0.2");
    await stage.script("ValidateService", "echo ValidateService >>$RAN; echo fine >&2");
    await stage.start();
    const given = order();
    stage.server.give(given);
    const end = await stage.end(given.commandId);
    assert.equal(end.status, "Succeeded");
    assert.equal(end.completion.error_code, 0);
    assert.deepEqual(end.completion.events.map(({ name }) => name), IN_PLACE_EVENTS);
    for (const event of end.completion.events) {
      assert.equal(event.status, "Succeeded");
      assert.ok((event.endTime ?? 0) >= (event.startTime ?? Infinity), `times of ${event.name}`);
    }
    assert.deepEqual(stage.lines(), ["BeforeInstall", "ValidateService"]);
    const live = stage.server.updates.flatMap(({ progress }) => progress.log);
    assert.equal(live[0]?.text, "making room");
    const { log_lines: last, sent_before: before } = end.completion;
    // What an update under way brought already comes again with the end, under the update's mark.
    const hasCome = stage.server.updates.some(({ progress: { mark } }) =>
      mark?.run === before?.run && mark?.sequence === before?.sequence
    );
    const heard = [...live, ...last.slice(before && hasCome ? before.lines : 0)];
    assert.deepEqual(heard.map(({ stream, text }) => `${stream} ${text}`), [
      "stdout making room",
      "stderr fine",
    ]);
    for (const authorization of stage.server.authorizations) {
      assert.match(authorization, /Credential=AKIAHOST\/\d{8}\/us-east-1\/codedeploy-commands\//);
    }
  });
});

test("a failed event ends the run; the completion carries its diagnostics and no later event", async () => {
  await onStage(async (stage) => {
    await stage.script("AfterInstall", "exit 3");
    await stage.start();
    const given = order();
    stage.server.give(given);
    const { status, completion } = await stage.end(given.commandId);
    assert.equal(status, "Failed");
    assert.deepEqual([completion.error_code, completion.script_name], [4, "AfterInstall"]);
    assert.equal(completion.events.at(-1)?.name, "AfterInstall");
    assert.equal(completion.events.at(-1)?.status, "Failed");
  });
});

test("an ignored failure of ApplicationStop lets the order succeed, and still shows", async () => {
  await onStage(async (stage) => {
    await stage.script("ApplicationStop", "exit 1");
    await stage.start();
    const given = order({ ignoreFailuresOf: ["ApplicationStop"] });
    stage.server.give(given);
    const { status, completion } = await stage.end(given.commandId);
    assert.equal(status, "Succeeded");
    assert.equal(completion.events.length, IN_PLACE_EVENTS.length);
    assert.equal(completion.events[0]?.status, "Failed");
  });
});

test("a host that throws fails the event with code 5 and its message", async () => {
  await onStage(async (stage) => {
    await stage.start({ run: () => Promise.reject(new Error("no room on the disk")) });
    const given = order();
    stage.server.give(given);
    const { completion } = await stage.end(given.commandId);
    assert.deepEqual([completion.error_code, completion.message], [5, "no room on the disk"]);
  });
});

for (const way of ["Cancel of a poll", "Failed of an update"]) {
  test(`after a ${way} the current event ends and no later one begins`, async () => {
    await onStage(async (stage) => {
      const go = join(stage.folder, "go");
      const wait =
        `echo $DEPLOYMENT_ID >>$RAN; while [ ! -e ${go} ]; do echo tick; sleep 0.05; done`;
      await stage.script("BeforeInstall", `${wait}; echo over >>$RAN`);
      await stage.start();
      const given = order();
      stage.server.give(given);
      await until(() => stage.lines().length > 0, "the script");
      if (way.startsWith("Cancel")) stage.server.cancel.add(given.commandId);
      else stage.server.updateStatus = "Failed";
      const asked = () => stage.server.updates.length;
      const before = asked();
      stage.server.news();
      await until(
        () => asked() > before + 1 && stage.server.cancel.size === 0,
        "the wish to arrive",
      );
      await appendFile(go, "");
      const { status, completion } = await stage.end(given.commandId);
      assert.equal(status, "Failed");
      assert.deepEqual([completion.error_code, completion.message], [5, "stopped by request"]);
      assert.deepEqual(completion.events.map((event) => `${event.name} ${event.status}`), [
        "ApplicationStop Succeeded",
        "DownloadBundle Succeeded",
        "BeforeInstall Succeeded",
      ]);
      assert.equal(stage.lines().at(-1), "over");
    });
  });
}

test("orders of one group wait for one another, those of another group do not", async () => {
  await onStage(async (stage) => {
    const go = join(stage.folder, "go");
    const slow = `while [ ! -e ${go} ]; do sleep 0.02; done`;
    await stage.script("BeforeInstall", `[ $DEPLOYMENT_ID != d-slow ] || { ${slow}; }`);
    await stage.script("ValidateService", "echo $DEPLOYMENT_ID >>$RAN");
    await stage.start();
    const slowOne = order({ deploymentId: "d-slow" });
    const next = order({ deploymentId: "d-next" });
    const other = order({ deploymentId: "d-other", group: "g-2" });
    for (const one of [slowOne, next, other]) stage.server.give(one);
    await stage.end(other.commandId);
    assert.deepEqual(stage.lines(), ["d-other"]);
    await appendFile(go, "");
    await stage.end(next.commandId);
    assert.deepEqual(stage.lines(), ["d-other", "d-slow", "d-next"]);
  });
});

test("law 7: an order is refused that another key signed, for another host, or with an old nonce", async () => {
  await onStage(async (stage) => {
    await stage.start();
    const first = order();
    stage.server.give(first);
    await stage.end(first.commandId);
    const polls = stage.server.polls.length;
    const stranger = generateKeyPairSync("ed25519").privateKey;
    stage.server.give(order({ deploymentId: "d-forged" }), stranger);
    stage.server.give(order({ deploymentId: "d-elsewhere", hostIdentifier: hostArn("web-02") }));
    stage.server.give(order({ deploymentId: "d-replayed", nonce: first.nonce }));
    await until(() => stage.server.polls.length > polls + 3, "the refusals");
    const good = order();
    stage.server.give(good);
    await stage.end(good.commandId);
    assert.deepEqual(stage.server.completions.map(({ commandId }) => commandId), [
      first.commandId,
      good.commandId,
    ]);
    const taken = stage.journal().filter(({ kind }) => kind === "order");
    assert.equal(taken.length, 2);
  });
});

test("a finished order that comes again is not run again; its end is told again", async () => {
  await onStage(async (stage) => {
    await stage.script("ValidateService", "echo ran >>$RAN");
    await stage.start();
    const given = order();
    stage.server.give(given);
    await stage.end(given.commandId);
    await until(() => stage.journal().some(({ kind }) => kind === "reported"), "the journal");
    stage.server.give(given);
    await until(() => stage.server.completions.length === 2, "the second completion");
    assert.deepEqual(stage.server.completions[1], stage.server.completions[0]);
    assert.deepEqual(stage.lines(), ["ran"]);
  });
});

test("a server that answers nothing but polls holds no run up, and hears the rest later", async () => {
  await onStage(async (stage) => {
    await stage.script("BeforeInstall", "echo hello");
    await stage.script("ValidateService", "echo ran >>$RAN");
    stage.server.broken.add("PostHostCommandUpdate").add("PutHostCommandComplete");
    await stage.start();
    const given = order();
    stage.server.give(given);
    await until(() => stage.lines().length > 0, "the run");
    stage.server.broken.clear();
    const { status, completion } = await stage.end(given.commandId);
    assert.equal(status, "Succeeded");
    // Lines of an update that was still under way come again with the end, which says so.
    const before = completion.sent_before;
    const again = stage.server.updates.some(({ progress: { mark } }) =>
      mark?.sequence === before?.sequence
    );
    const heard = [
      ...stage.server.updates.flatMap(({ progress }) => progress.log),
      ...completion.log_lines.slice(before && again ? before.lines : 0),
    ];
    assert.deepEqual(heard.map(({ text }) => text), ["hello"]);
  });
});

test("one agent per root: a second one is refused by name of the first", async () => {
  await onStage(async (stage) => {
    await stage.start();
    await assert.rejects(stage.start(), (error: unknown) => {
      assert.ok(error instanceof RootInUse);
      assert.match(error.message, /another agent, process \d+, already works on /);
      return true;
    });
  });
});

test("a journal damaged before its end is refused with file and line, and left as it is", async () => {
  await onStage(async (stage) => {
    const agent = await stage.start();
    const given = order();
    stage.server.give(given);
    await stage.end(given.commandId);
    await agent.stop();
    const path = join(stage.root, "journal.jsonl");
    const sound = await readFile(path, "utf8");
    const damaged = sound.replace("started", "st\u0000rted");
    await appendFile(path, damaged);
    const before = await readFile(path, "utf8");
    await assert.rejects(stage.start(), (error: unknown) => {
      assert.ok(error instanceof JournalError);
      assert.match(error.message, /journal\.jsonl, line \d+, is damaged/);
      return true;
    });
    assert.equal(await readFile(path, "utf8"), before);
  });
});
