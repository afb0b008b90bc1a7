/** How many orders a host carries out side by side, and what becomes of those that wait. @module */
import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Agent } from "../../core/agent/agent.ts";
import { startAgent } from "../../core/agent/agent.ts";
import { readConfig } from "../../core/agent/config.ts";
import { scriptHost } from "./script_host.ts";
import { onStage, order, type Stage, until } from "./stage.ts";

/** An agent that carries out so many orders at a time. */
async function limited(stage: Stage, maxParallelDeployments: number): Promise<Agent> {
  const config = await readConfig(stage.config);
  const host = scriptHost(stage.scripts);
  const agent = await startAgent({ ...config, maxParallelDeployments }, { host, onConnected() {} });
  stage.agents.push(agent);
  return agent;
}

/** Every event `BeforeInstall` says it has begun and waits for a file named after its deployment. */
async function slow(stage: Stage): Promise<(id: string) => Promise<void>> {
  const wait = `while [ ! -e ${stage.folder}/go-$DEPLOYMENT_ID ]; do sleep 0.02; done`;
  await stage.script("BeforeInstall", `echo $DEPLOYMENT_ID >>$RAN; ${wait}`);
  return (id) => appendFile(join(stage.folder, `go-${id}`), "");
}

const give = (stage: Stage, id: string, group = `g-${id}`) => {
  const given = order({ deploymentId: id, group });
  stage.server.give(given);
  return given;
};

test("max_parallel_deployments: so many run, the others begin in the order of arrival", async () => {
  await onStage(async (stage) => {
    const go = await slow(stage);
    await limited(stage, 2);
    const given = ["d-a", "d-b", "d-c", "d-d", "d-e"].map((id) => give(stage, id));
    await until(() => stage.server.acknowledged.length === 3, "three that wait");
    assert.deepEqual(stage.lines().toSorted(), ["d-a", "d-b"]);
    await go("d-b");
    await until(() => stage.lines().length === 3, "the third");
    assert.equal(stage.lines()[2], "d-c");
    await go("d-c");
    await until(() => stage.lines().length === 4, "the fourth");
    assert.equal(stage.lines()[3], "d-d");
    for (const id of ["d-a", "d-d", "d-e"]) await go(id);
    for (const { commandId } of given) {
      assert.equal((await stage.end(commandId)).status, "Succeeded");
    }
  });
});

test("an order that waits is acknowledged, and its log says for what", async () => {
  await onStage(async (stage) => {
    const go = await slow(stage);
    await limited(stage, 1);
    const [first, other, next] = [
      give(stage, "d-1", "g-1"),
      give(stage, "d-2", "g-2"),
      give(stage, "d-3", "g-1"),
    ];
    const waits = () => stage.server.updates.filter(({ progress }) => progress.events.length === 0);
    await until(() => waits().length === 2, "what is said of waiting");
    const told = [other.commandId, next.commandId];
    assert.deepEqual(stage.server.acknowledged.toSorted(), told);
    assert.deepEqual(
      waits().map(({ commandId, progress: { log: [line] } }) =>
        `${commandId} ${line?.event} ${line?.stream} ${line?.text}`
      ).toSorted(),
      [
        "d-2/web-01 ApplicationStop agent Waits for its turn: " +
        "this host carries out 1 deployment at a time",
        "d-3/web-01 ApplicationStop agent Waits for its turn: " +
        "its deployment group has another under way on this host",
      ],
    );
    await until(() => stage.server.polls.at(-1)?.Running?.length === 3, "a poll that names all");
    for (const id of ["d-1", "d-2", "d-3"]) await go(id);
    for (const { commandId } of [first, other, next]) await stage.end(commandId);
    assert.deepEqual(stage.lines(), ["d-1", "d-2", "d-3"]);
  });
});

test("a busy group does not hold up the groups that came after it", async () => {
  await onStage(async (stage) => {
    const go = await slow(stage);
    await limited(stage, 2);
    give(stage, "d-1", "g-1");
    const waiting = give(stage, "d-2", "g-1");
    give(stage, "d-3", "g-2");
    await until(() => stage.lines().length === 2, "two that run");
    assert.deepEqual(stage.lines().toSorted(), ["d-1", "d-3"]);
    await go("d-3");
    await stage.end("d-3/web-01");
    assert.equal(stage.lines().length, 2, "a free place is of no use to a busy group");
    await go("d-1");
    await go("d-2");
    await stage.end(waiting.commandId);
  });
});

test("an order that waits and is cancelled ends at once, and its group stays busy", async () => {
  await onStage(async (stage) => {
    const go = await slow(stage);
    await limited(stage, 4);
    const first = give(stage, "d-1", "g-1");
    const second = give(stage, "d-2", "g-1");
    const third = give(stage, "d-3", "g-1");
    await until(() => stage.server.acknowledged.length === 2, "two that wait");
    stage.server.cancel.add(second.commandId);
    stage.server.news();
    const { status, completion } = await stage.end(second.commandId);
    assert.deepEqual([status, completion.message], ["Failed", "stopped by request"]);
    assert.deepEqual(completion.events, []);
    assert.deepEqual(stage.lines(), ["d-1"]);
    await go("d-1");
    await go("d-3");
    for (const { commandId } of [first, third]) await stage.end(commandId);
    assert.deepEqual(stage.lines(), ["d-1", "d-3"]);
  });
});

test("orders that waited when the agent stopped are gone on with by the next", async () => {
  await onStage(async (stage) => {
    const go = await slow(stage);
    const agent = await limited(stage, 1);
    const first = give(stage, "d-1");
    const second = give(stage, "d-2");
    await until(() => stage.server.acknowledged.length === 1, "one that waits");
    await until(() => stage.lines().length === 1, "one that runs");
    const stopped = agent.stop();
    await go("d-1");
    await stopped;
    assert.deepEqual(stage.lines(), ["d-1"]);
    await go("d-2");
    await limited(stage, 1);
    for (const { commandId } of [first, second]) await stage.end(commandId);
    assert.deepEqual(stage.lines(), ["d-1", "d-2"]);
  });
});
