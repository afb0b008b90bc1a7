import assert from "node:assert/strict";
import { test } from "node:test";
import { AGENT_SILENT_MESSAGE } from "../../core/domain/lifecycle_event.ts";
import { deadline, HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { target } from "./letters.ts";

const FIVE_MINUTES = 5 * 60_000;
const HOUR = 3_600_000;

const table: [what: string, events: string, after: number, message: string][] = [
  ["no event was picked up", "", FIVE_MINUTES, AGENT_SILENT_MESSAGE],
  ["the next event was not picked up", "SSS", FIVE_MINUTES, AGENT_SILENT_MESSAGE],
  ["an event runs", "SSSR", HOUR, "The lifecycle event Install did not end within 3600 seconds."],
  [
    "the first event runs",
    "R",
    HOUR,
    "The lifecycle event ApplicationStop did not end within 3600 seconds.",
  ],
  ["all events ended, the run did not", "SSSSSSS", FIVE_MINUTES, AGENT_SILENT_MESSAGE],
];
for (const [what, letters, after, message] of table) {
  test(`trap 46: a host's time is up ${after / 60_000} minutes after its last change: ${what}`, () => {
    const host = { ...target("web-1", "InProgress", letters), lastUpdated: 1_000 };
    assert.deepEqual(deadline(host, HOST_CLOCKS), { at: 1_000 + after, message });
  });
}

test("the clocks are the server's to set", () => {
  const host = target("web-1", "InProgress", "R");
  const { at, message } = deadline(host, { notStarted: 5_000, notFinished: 60_000 });
  assert.equal(at, 60_000);
  assert.match(message, /within 60 seconds/);
});
