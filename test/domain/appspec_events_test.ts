import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAppSpec } from "../../core/domain/appspec.ts";
import { unknownEvents, unknownEventsSentence } from "../../core/domain/appspec_events.ts";
import { LifecycleEventName } from "../../core/domain/lifecycle_event.ts";

const appSpec = parseAppSpec(
  "version: 0.0\nos: linux\nhooks:\n  AfterInstal: [{ location: a }]\n" +
    "  BeforeInstall: [{ location: b }]\n",
  { path: "appspec.yml", hostOs: "linux" },
);

const rows: [row: string, possible: string[], unknown: string[]][] = [
  ["a misspelt name is unknown", [...LifecycleEventName.options], ["AfterInstal"]],
  ["a name of the server's own is known", ["BeforeInstall", "AfterInstal"], []],
  ["trap 45, an incomplete list refuses usual events", ["Install"], [
    "BeforeInstall",
    "AfterInstal",
  ]],
];
for (const [row, possible, unknown] of rows) {
  test(`spec 5.6 unknown hook with AllPossibleLifecycleEvents: ${row}`, () => {
    assert.deepEqual(unknownEvents(appSpec, possible), unknown);
  });
}

test("spec 5.6 unknown hook: the sentence names the file and the events", () => {
  assert.equal(
    unknownEventsSentence("appspec.yml", ["AfterInstal"], ["Install"]),
    "appspec.yml file contains unknown lifecycle events: [AfterInstal]. The server allows " +
      "Install. Rename or remove them below hooks, and then try again.",
  );
});
