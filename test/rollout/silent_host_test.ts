/** Hosts that answer no more, and hosts that are never asked, in the letters of letters.ts. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOST_EVENTS } from "../../core/domain/lifecycle_event.ts";
import type { Target } from "../../core/domain/target.ts";
import { skipped, withoutAnswer } from "../../core/rollout/host_report.ts";
import { events, show, target } from "./letters.ts";

const context = (flag: "plain" | "ignoring") => ({
  now: 9_000,
  stopped: false,
  ignoreStopFailures: flag === "ignoring",
});

const silent: [what: string, before: string, "plain" | "ignoring", after: string][] = [
  ["it never began", "", "plain", "Failed FKKKKKK"],
  ["an event ran", "SSR", "plain", "Failed SSFKKKK"],
  ["between two events", "SSS", "plain", "Failed SSSFKKK"],
  ["a failure was reported, the end of the run was not", "SSF", "plain", "Failed SSFKKKK"],
  ["an ignored failure was reported", "F", "ignoring", "Failed FFKKKKK"],
  ["all events succeeded, the end of the run was lost", "SSSSSSS", "plain", "Succeeded SSSSSSS"],
  ["all but the ignored one succeeded", "FSSSSSS", "ignoring", "Succeeded FSSSSSS"],
  ["all but one succeeded", "SSSSSSF", "plain", "Failed SSSSSSF"],
];
for (const [what, before, flag, after] of silent) {
  test(`a host that answers no more, ${flag}: ${what}`, () => {
    const host = target("web-1", "InProgress", before);
    const ended = withoutAnswer(host, "no answer", context(flag));
    assert.equal(show(ended), after);
    assert.equal(ended.lastUpdated, 9_000);
  });
}

test("the event that a silent host was at carries the message of the clock", () => {
  const ended = withoutAnswer(target("web-1", "InProgress", "S"), "no answer", context("plain"));
  assert.deepEqual(ended.events[1]?.diagnostics, {
    error_code: 5,
    script_name: "",
    message: "no answer",
    log: "",
  });
});

test("an event of its own leg that nobody began is not passed over, ignoring or not", () => {
  const host: Target = {
    id: "web-1",
    status: "InProgress",
    events: HOST_EVENTS.inPlaceBalanced.map((name) => ({ name, status: "Pending" })),
    lastUpdated: 0,
    command: { id: "d-1/web-1", nonce: 1, givenAt: 0 },
  };
  const ended = withoutAnswer(host, "no answer", context("ignoring"));
  assert.equal(show(ended), "Failed FKKKKKKKKKKKK");
});

test("a host that is not attempted skips every event", () => {
  const host = skipped(target("web-1", "Pending"), 9_000);
  assert.equal(show(host), "Skipped KKKKKKK");
  assert.equal(host.lastUpdated, 9_000);
});

const letters = fc.string({ unit: fc.constantFrom("P", "R", "S", "F"), maxLength: 7 });

test("a silent host ends with every event ended, and none that ended is changed", () => {
  fc.assert(fc.property(letters, (letters) => {
    const host = target("web-1", "InProgress", letters);
    const ended = withoutAnswer(host, "no answer", context("plain"));
    for (const [index, event] of events(letters).entries()) {
      if ("SF".includes(letters[index] ?? "P")) assert.deepEqual(ended.events[index], event);
    }
    const failed = ended.events.filter((event) => event.status === "Failed");
    assert.equal(ended.status === "Failed", failed.length > 0);
  }));
});
