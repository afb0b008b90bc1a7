import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { InstallError } from "../../../core/agent/install/install_error.ts";
import {
  prepare,
  type Prepared,
  quickSandbox,
  type Scenario,
  SCENARIOS,
  visible,
} from "./kill_scenarios.ts";
import { type Kill, Killed, KillingWriter, type Moment } from "./killing_writer.ts";
import type { Sandbox } from "./sandbox.ts";

const MOMENTS: readonly Moment[] = ["before", "half-way", "after"];

/** How an Install ended: what it refused, if it did, and whether it was killed. */
async function outcome(machine: Prepared, killing: KillingWriter): Promise<string> {
  try {
    await machine.install(killing.writer);
    return "installed";
  } catch (error) {
    if (error instanceof Killed) return "killed";
    assert.ok(error instanceof InstallError, String(error));
    return error.message.replaceAll(machine.box.root, "ROOT");
  }
}

/** An Install that nobody kills: how it ends, what is visible then, and its operations. */
async function uninterrupted(scenario: Scenario) {
  using box = quickSandbox();
  const killing = new KillingWriter();
  const ended = await outcome(await prepare(box, scenario), killing);
  return { ended, visible: visible(box), operations: killing.names };
}

/** Kills one Install after another, lets the last one go, and compares. */
async function recovers(
  scenario: Scenario,
  kills: readonly Kill[],
  expected: Awaited<ReturnType<typeof uninterrupted>>,
): Promise<void> {
  using box = quickSandbox();
  const machine = await prepare(box, scenario);
  for (const [index, kill] of kills.entries()) {
    const ended = await outcome(machine, new KillingWriter(kill));
    // A second Install may have fewer operations left than its kill waits for.
    if (index === 0) assert.equal(ended, "killed");
  }
  const ended = await outcome(machine, new KillingWriter());
  const where = kills.map(({ operation, moment }) =>
    `${moment} operation ${operation} (${expected.operations[operation - 1]})`
  ).join(", then ");
  assert.equal(ended, expected.ended, where);
  assert.deepEqual(visible(box), expected.visible, where);
}

for (const scenario of SCENARIOS) {
  test(`${scenario.name}, killed at any operation, ends as if nothing had been`, async () => {
    const expected = await uninterrupted(scenario);
    for (let operation = 1; operation <= expected.operations.length; operation++) {
      for (const moment of MOMENTS) {
        await recovers(scenario, [{ operation, moment }], expected);
      }
    }
  });

  test(`${scenario.name}, killed again while it recovers, ends as if nothing had been`, async () => {
    const expected = await uninterrupted(scenario);
    const { length } = expected.operations;
    for (let first = 3; first < length; first += 7) {
      for (const second of [2, 5, 9, 14, Math.ceil(length / 2)]) {
        const kills: Kill[] = [
          { operation: first, moment: "half-way" },
          { operation: second, moment: "after" },
        ];
        await recovers(scenario, kills, expected);
      }
    }
  });

  test(`${scenario.name}, killed at any operation, leaves nothing that its list does not name`, async () => {
    const { operations } = await uninterrupted(scenario);
    using untouched = quickSandbox();
    const reference = await prepare(untouched, scenario);
    const isOverwriting = scenario.behavior === "OVERWRITE";
    await untouched.install(untouched.revision({}), "files: []");
    for (let operation = 1; operation <= operations.length; operation++) {
      using box = quickSandbox();
      const machine = await prepare(box, scenario);
      await outcome(machine, new KillingWriter({ operation, moment: "half-way" }));
      await box.install(box.revision({}), "files: []", "DISALLOW", {
        writer: new KillingWriter().writer,
      });
      const left = hostPaths(box);
      const allowed = hostPaths(reference.box);
      const orphans = left.filter((path) => !allowed.includes(path));
      assert.deepEqual(orphans, [], `operation ${operation} (${operations[operation - 1]})`);
      if (!isOverwriting) assert.deepEqual(left, allowed, "and takes nothing of others");
    }
  });
}

function hostPaths(box: Sandbox): string[] {
  return Object.keys(visible(box)).filter((path) => path.startsWith("host/"));
}

const [, UPDATE = SCENARIOS[0]] = SCENARIOS;

test("while a file is replaced, whoever reads it finds the old or the new text, whole", async () => {
  assert.ok(UPDATE);
  using box = quickSandbox();
  const machine = await prepare(box, UPDATE);
  const seen = new Set<string>();
  const look = () => seen.add(readFileSync(join(box.host, "srv/shop/app/changed"), "utf8"));
  await machine.install(new KillingWriter(undefined, look).writer);
  assert.deepEqual([...seen], ["old text, and a long one at that", "new text"]);
});

test("an update that SIGKILL ends before any operation ends well when it runs again", async () => {
  assert.ok(UPDATE);
  const scenario = UPDATE;
  const expected = await uninterrupted(scenario);
  // Before a sync the disk is as before the operation after it.
  const operations = expected.operations.flatMap((name, index) =>
    name.startsWith("sync") ? [] : [index + 1]
  );
  const worker = async (): Promise<void> => {
    for (let next = operations.shift(); next !== undefined; next = operations.shift()) {
      using box = quickSandbox();
      const machine = await prepare(box, scenario);
      const words = [box.root, machine.deploymentRoot, scenario.appSpec, String(next)];
      const child = spawn(process.execPath, ["run", "-A", "--no-check", CHILD, ...words], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      assert.deepEqual(await once(child, "exit"), [null, "SIGKILL"]);
      await machine.install(new KillingWriter().writer);
      assert.deepEqual(visible(box), expected.visible, `operation ${next}`);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
});

const CHILD = fileURLToPath(new URL("./install_child.ts", import.meta.url).href);
