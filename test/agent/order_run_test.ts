import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Host, SUCCEEDED } from "../../core/agent/host.ts";
import { Journal } from "../../core/agent/journal.ts";
import { type RunContext, runOrder } from "../../core/agent/order_run.ts";
import { Reboots } from "../../core/agent/reboot.ts";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import type { Progress } from "../../core/wire/agent_protocol.ts";
import { order } from "./stage.ts";

const never = new AbortController().signal;

/** A host on which everything succeeds at once, with a hook after the run. */
const host: Host = {
  run: () => Promise.resolve(SUCCEEDED),
  afterHooks: {
    keepOutcome: () => Promise.resolve(),
    find: (hook) =>
      Promise.resolve(
        hook === "Finally" ? { run: () => Promise.resolve(SUCCEEDED) } : undefined,
      ),
  },
};

test("law 1: the server hears of an event's beginning and end when they are on disk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "runtime-order-run-"));
  const journal = await Journal.open(join(folder, "journal.jsonl"));
  try {
    const given = order();
    const { commandId, nonce } = given;
    await journal.append({ at: 0, kind: "order", commandId, nonce, order: given });
    const taken = journal.state.unreported.get(commandId);
    assert.ok(taken);
    const told: string[] = [];
    const early: string[] = [];
    const send = ({ events }: Progress) => {
      for (const { name, status } of events) {
        told.push(`${name} ${status}`);
        // The journal's state has what is on disk, and nothing else.
        const kept = taken.events.find((event) => event.name === name)?.status ?? "nothing";
        const isKept = kept === status || (kept !== "nothing" && status === "InProgress");
        if (!isKept) early.push(`${name} ${status}, the journal has ${kept}`);
      }
      return Promise.resolve("wanted" as const);
    };
    const context: RunContext = {
      ...{ host, journal, send, reboots: new Reboots({ command: [] }), cancel() {} },
      ...{ cancelled: never, stopping: never, leaving: never },
    };
    const end = await runOrder(taken, context);
    assert.equal(end?.status, "Succeeded");
    assert.deepEqual(early, []);
    for (const name of IN_PLACE_EVENTS) assert.ok(told.includes(`${name} Succeeded`), name);
  } finally {
    await journal.close();
    await rm(folder, { recursive: true });
  }
});
