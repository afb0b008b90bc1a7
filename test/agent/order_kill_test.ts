/**
 * The agent's death at the lines of its journal. Here it dies before each odd line and after each even
 * one; with `KILL_EVERYWHERE=1`, as in `deno task soak`, before and after every line.
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type KillScenario, playKilled } from "./killed_order.ts";

const OLD = {
  files: { "page.html": "old", "only-old/a.html": "old" },
  scripts: { ApplicationStop: "", OnFailure: "", Finally: "" },
};
const NEW = { "page.html": "new, and longer", "only-new/b.html": "new" };

const SCENARIOS: readonly KillScenario[] = [
  {
    name: "a first deployment",
    revision: { files: NEW, scripts: { BeforeInstall: "", ValidateService: "", Finally: "" } },
  },
  {
    name: "an update",
    before: OLD,
    revision: { files: NEW, scripts: { BeforeInstall: "", ApplicationStart: "", Finally: "" } },
  },
  {
    name: "an update that fails in AfterInstall",
    before: OLD,
    revision: { files: NEW, scripts: { AfterInstall: "exit 3", OnFailure: "", Finally: "" } },
    fails: { event: "AfterInstall", exitCode: 3 },
  },
];

/** Agents that live at the same time. */
const SIDE_BY_SIDE = 3;

/** Kills at one line after another, until an agent comes to the end. */
async function killEverywhere(scenario: KillScenario, when: "before" | "after"): Promise<void> {
  const step = process.env["KILL_EVERYWHERE"] === "1" ? 1 : 2;
  let next = when === "before" ? 1 : step;
  let kills = 0;
  const worker = async (): Promise<void> => {
    while (true) {
      const at = `${when}:${next}` as const;
      next += step;
      try {
        if (await playKilled(scenario, at) === "lived") return;
        kills++;
      } catch (cause) {
        throw new Error(`killed ${at}: ${cause}`, { cause });
      }
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  // Two lines an event that was begun, and the order's own three.
  assert.ok(kills * step >= 12, `only ${kills} lines were killed at`);
}

for (const scenario of SCENARIOS) {
  for (const when of ["before", "after"] as const) {
    test(`law 1: ${scenario.name}, its agent killed ${when} any line of the journal, repeats nothing and ends once`, async () => {
      await killEverywhere(scenario, when);
    });
  }
}
