import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { onStage, order, until } from "./stage.ts";

test("an agent cut off from its server ends the order it has begun, and tells it once when it can", async () => {
  await onStage(async (stage) => {
    const go = join(stage.folder, "go");
    for (const event of IN_PLACE_EVENTS) await stage.script(event, `echo ${event} >>$RAN`);
    const waits = `echo BeforeInstall >>$RAN; while [ ! -e ${go} ]; do sleep 0.02; done`;
    await stage.script("BeforeInstall", waits);
    await stage.start();
    const given = order();
    stage.server.give(given);
    await until(() => stage.lines().at(-1) === "BeforeInstall", "the script");
    const port = Number(new URL(stage.server.url).port);
    await stage.server.close();
    await appendFile(go, "");
    await until(() => stage.journal().at(-1)?.kind === "completed", "the end without a server");
    assert.deepEqual(stage.lines(), IN_PLACE_EVENTS);
    assert.deepEqual(stage.server.completions, []);
    await stage.server.listen(port);
    const { status, completion } = await stage.end(given.commandId);
    assert.equal(status, "Succeeded");
    assert.deepEqual(completion.events.map(({ name }) => name), IN_PLACE_EVENTS);
    await until(() => stage.journal().at(-1)?.kind === "reported", "the answer");
    const polls = stage.server.polls.length;
    await until(() => stage.server.polls.length > polls, "the next poll");
    assert.equal(stage.server.completions.length, 1, "told once");
    assert.deepEqual(stage.lines(), IN_PLACE_EVENTS, "and nothing ran again");
  });
});
