import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { machine } from "../../core/agent/lifecycle.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { APPSPEC, deploy, pack } from "./revision_on_stage.ts";
import { onStage, type Stage } from "./stage.ts";

const BROKEN_STOP = "ApplicationStop";

/** Deploys a revision whose script fails in `fails`: the order's end as `event status` of its last. */
async function deployTo(
  stage: Stage,
  name: string,
  { fails = "none", appSpec = APPSPEC, change = (order: Order): Order => order } = {},
): Promise<string> {
  const given = change(deploy(stage, name, await pack(stage, name, appSpec, fails)));
  stage.server.give(given);
  const { status, completion } = await stage.end(given.commandId);
  return `${completion.events.at(-1)?.name} ${status}`;
}

function inGroup(id: string, name: string) {
  return (order: Order): Order => ({
    ...order,
    specification: { ...order.specification, DeploymentGroupId: id, DeploymentGroupName: name },
  });
}

async function onMachine(play: (stage: Stage) => Promise<void>): Promise<void> {
  await onStage(async (stage) => {
    const installRoot = join(stage.folder, "machine");
    await stage.start(machine({ ...await readConfig(stage.config), installRoot }));
    await play(stage);
  });
}

/** `revision deployment` of each ApplicationStop that ran. */
function stops(stage: Stage): string[] {
  return stage.lines().filter((line) => line.includes(" ApplicationStop "))
    .map((line) => line.replace(" ApplicationStop", ""));
}

test("trap 1: a deployment that fails after its Install changes whose ApplicationStop runs next", async () => {
  await onMachine(async (stage) => {
    assert.equal(await deployTo(stage, "one"), "ValidateService Succeeded");
    const failed = await deployTo(stage, "two", { fails: "ValidateService" });
    assert.equal(failed, "ValidateService Failed");
    await deployTo(stage, "three");
    assert.deepEqual(stops(stage), ["one d-two", "two d-three"]);
  });
});

test("trap 1: a deployment that fails before its Install does not", async () => {
  await onMachine(async (stage) => {
    await deployTo(stage, "one");
    assert.equal(await deployTo(stage, "two", { fails: "BeforeInstall" }), "BeforeInstall Failed");
    await deployTo(stage, "three");
    assert.deepEqual(stops(stage), ["one d-two", "one d-three"]);
  });
});

test("trap 18: the first deployment's ApplicationStop succeeds without scripts", async () => {
  await onMachine(async (stage) => {
    assert.equal(await deployTo(stage, "one"), "ValidateService Succeeded");
    const [stop] = stage.server.completions[0]?.completion.events ?? [];
    assert.deepEqual([stop?.name, stop?.status], ["ApplicationStop", "Succeeded"]);
    assert.deepEqual(stops(stage), []);
  });
});

test("trap 19: a broken ApplicationStop blocks every later deployment until its failures are ignored", async () => {
  await onMachine(async (stage) => {
    await deployTo(stage, "one", { fails: BROKEN_STOP });
    assert.equal(await deployTo(stage, "two"), "ApplicationStop Failed");
    assert.equal(await deployTo(stage, "three"), "ApplicationStop Failed");
    const change = (order: Order): Order => ({ ...order, ignoreFailuresOf: ["ApplicationStop"] });
    assert.equal(await deployTo(stage, "four", { change }), "ValidateService Succeeded");
    assert.equal(await deployTo(stage, "five"), "ValidateService Succeeded");
    assert.deepEqual(stops(stage), ["one d-two", "one d-three", "one d-four", "four d-five"]);
  });
});

for (const event of ["BeforeBlockTraffic", "AfterBlockTraffic"] as const) {
  test(`trap 19: so does a broken ${event}`, async () => {
    await onMachine(async (stage) => {
      const appSpec = `${APPSPEC}  ${event}:\n    - location: scripts/hook.sh\n`;
      const behind = (order: Order): Order => ({ ...order, events: [event, ...order.events] });
      await deployTo(stage, "one", { fails: event, appSpec });
      assert.equal(await deployTo(stage, "two", { change: behind }), `${event} Failed`);
      const ignoring = (order: Order): Order => ({ ...behind(order), ignoreFailuresOf: [event] });
      assert.equal(
        await deployTo(stage, "three", { change: ignoring }),
        "ValidateService Succeeded",
      );
    });
  });
}

test("trap 21: a renamed group keeps its files and its ApplicationStop", async () => {
  await onMachine(async (stage) => {
    await deployTo(stage, "one");
    const end = await deployTo(stage, "two", { change: inGroup("g-1", "another name") });
    assert.equal(end, "ValidateService Succeeded");
    assert.deepEqual(stops(stage), ["one d-two"]);
  });
});

test("trap 21: a group made anew under its old name stops nothing, and its files are in the way", async () => {
  await onMachine(async (stage) => {
    await deployTo(stage, "one");
    assert.equal(
      await deployTo(stage, "two", { change: inGroup("g-2", "group") }),
      "Install Failed",
    );
    assert.deepEqual(stops(stage), []);
    const message = stage.server.completions.at(-1)?.completion.message ?? "";
    assert.match(message, /a specified file already exists at this location: \S+page\.html/);
  });
});
