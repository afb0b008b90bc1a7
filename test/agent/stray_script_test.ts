import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { Journal } from "../../core/agent/journal.ts";
import { markOf } from "../../core/agent/process_mark.ts";
import { strayScripts } from "../../core/agent/stray_script.ts";
import { onStage, order, until } from "./stage.ts";

interface Start {
  root: string;
  deploymentId: string;
  event?: string;
  detached?: boolean;
}

/** A script below an agent's root, as the agent starts it. */
async function startScript(
  { root, deploymentId, event = "BeforeInstall", detached = true }: Start,
): Promise<ChildProcess> {
  await mkdir(root, { recursive: true });
  const path = join(root, `${event} ${detached}.sh`);
  await writeFile(path, "#!/bin/sh\nwhile :; do sleep 0.1; done\n", { mode: 0o755 });
  const env = { ...process.env, DEPLOYMENT_ID: deploymentId, LIFECYCLE_EVENT: event };
  return spawn(path, [], { detached, env, stdio: "ignore" });
}

function pidOf({ pid }: ChildProcess): number {
  assert.ok(pid !== undefined);
  return pid;
}

test("an agent killed between the start of a script and its line in the journal ends that script", async () => {
  await onStage(async (stage) => {
    const given = order({ events: ["BeforeInstall"] });
    const { commandId, nonce } = given;
    const { DeploymentId: deploymentId } = given.specification;
    const [stray, ofAnotherAgent, ofAnotherEvent] = await Promise.all([
      startScript({ root: stage.root, deploymentId }),
      startScript({ root: join(stage.folder, "another"), deploymentId }),
      startScript({ root: stage.root, deploymentId, event: "AfterInstall" }),
    ]);
    try {
      const place = { root: stage.root, deploymentId, event: "BeforeInstall" };
      await until(() => strayScripts(place).length === 1, "the script");
      const journal = await Journal.open(join(stage.root, "journal.jsonl"));
      await journal.append({ at: 1, kind: "order", commandId, nonce, order: given });
      const event = "BeforeInstall" as const;
      await journal.append({
        at: 1,
        kind: "event",
        commandId,
        deploymentId,
        event,
        what: "started",
      });
      await journal.close();
      await stage.start();
      const { completion } = await stage.end(commandId);
      assert.equal(completion.error_code, 7);
      assert.equal(markOf(pidOf(stray)), undefined, "the script is gone");
      assert.ok(markOf(pidOf(ofAnotherAgent)), "another agent's script of the deployment runs");
      assert.ok(markOf(pidOf(ofAnotherEvent)), "another event's script runs");
    } finally {
      for (const script of [stray, ofAnotherAgent, ofAnotherEvent]) script.kill("SIGKILL");
    }
  });
});

test("what leads no process group is no script, whatever its environment and command line", async () => {
  await onStage(async (stage) => {
    const place = { root: stage.root, deploymentId: "d-STRAY", event: "BeforeInstall" };
    const [leader, member] = await Promise.all([
      startScript(place),
      startScript({ ...place, detached: false }),
    ]);
    try {
      const found = () => strayScripts(place).map(({ pid }) => pid);
      await until(() => found().length > 0, "the script");
      assert.deepEqual(found(), [pidOf(leader)]);
    } finally {
      for (const script of [leader, member]) script.kill("SIGKILL");
    }
  });
});
