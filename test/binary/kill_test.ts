/**
 * Laws 1, 3 and 5 by killing real processes: whatever is killed at whatever moment, no event of a
 * host runs twice or out of order, and what the server says is what the journals and the scripts
 * say. The moments come from a seed; a failure prints it, and `KILL_SEED=N` repeats it as far as
 * processes can be repeated. `deno task kills` does the same two hundred times.
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type Kill, killFrom, type Plan } from "../kill/plan.ts";
import { type Random, randomFrom } from "../kill/random.ts";
import { play } from "../kill/round.ts";

const seed = Number(process.env["KILL_SEED"] ?? 20261125);

/** Two deployments that succeed unless an agent's death has one of their events fail. */
function plan(random: Random, victim: Kill["victim"], config: string): Plan {
  const kills = () => Array.from({ length: 3 }, () => ({ ...killFrom(random), victim, down: 0 }));
  const step = () => ({ fails: false, config, kills: kills() });
  return { hosts: 3, steps: [step(), step()] };
}

test(`a server killed at any moment loses and repeats nothing (seed ${seed})`, async () => {
  const random = randomFrom(seed);
  const played = await play(plan(random, "server", "CodeDeployDefault.OneAtATime"), random);
  assert.deepEqual(played.complaints, [], played.story.join("\n"));
  // Nobody but the server died, and no host may notice.
  assert.deepEqual(played.ends, { Succeeded: 2 }, played.story.join("\n"));
});

test(`an agent killed at any moment repeats no event (seed ${seed})`, async () => {
  const random = randomFrom(seed);
  const played = await play(plan(random, "agent", "CodeDeployDefault.AllAtOnce"), random);
  assert.deepEqual(played.complaints, [], played.story.join("\n"));
});
