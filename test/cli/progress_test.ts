import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { newView, record } from "../../core/cli/deployment_view.ts";
import { progressText } from "../../core/cli/progress_text.ts";
import { progressTree } from "../../core/cli/progress_tree.ts";
import { clock } from "../../core/cli/words.ts";
import { TargetStatus } from "../../core/domain/target.ts";
import type { StreamEvent } from "../../core/wire/event_stream.ts";
import { deployment, host, log, NEW, ran, scriptFailed, START } from "./story.ts";

const same = (text: string) => text;
const paint = { bold: same, dim: same, green: same, red: same, yellow: same };

function tree(events: StreamEvent[], rows: number, columns = 100): string[] {
  const view = newView("d-A");
  for (const event of events) record(view, event);
  return progressTree(view, { now: START + 12_000, rows, columns, paint });
}

const running = {
  name: "ApplicationStart",
  status: "InProgress",
  startTime: START + 3_000,
} as const;
const fleet = [
  deployment("d-A", "InProgress"),
  host("d-A", "web-1", "Succeeded", [ran("Install", 0, 200), ran("ApplicationStart", 200, 2400)]),
  host("d-A", "web-2", "InProgress", [ran("Install", 2500, 3000), running]),
  log("d-A", "web-2", 1, "compiling", "listening soon"),
  host("d-A", "web-3", "Failed", [scriptFailed("ApplicationStart", 0, 100)]),
  host("d-A", "web-4", "Pending"),
];

test("the tree shows each host, and the last line of the hook that runs", () => {
  assert.deepEqual(tree(fleet, 24), [
    `d-A  shop/production  ${NEW}`,
    "InProgress  12 s  1 succeeded, 1 waiting, 1 running, 1 failed",
    "  ✓ web-1  2.4 s",
    "  ● web-2  ApplicationStart  9.0 s",
    "      listening soon",
    "  ✗ web-3  ApplicationStart scripts/start.sh exit code 7",
    "  · web-4  waiting",
  ]);
});

test("more hosts than lines: the urgent ones are shown, the others counted", () => {
  assert.deepEqual(tree(fleet, 6), [
    `d-A  shop/production  ${NEW}`,
    "InProgress  12 s  1 succeeded, 1 waiting, 1 running, 1 failed",
    "  ✗ web-3  ApplicationStart scripts/start.sh exit code 7",
    "  ● web-2  ApplicationStart  9.0 s",
    "  … 2 more: 1 succeeded, 1 waiting",
  ]);
});

test("the tree always fits the terminal, and no host is left uncounted", () => {
  const statuses = fc.array(fc.constantFrom(...TargetStatus.options), { maxLength: 60 });
  const size = fc.integer({ min: 4, max: 50 });
  fc.assert(
    fc.property(statuses, size, fc.integer({ min: 10, max: 120 }), (list, rows, columns) => {
      const events = list.map((status, index) => host("d-A", `h${index}`, status, [running]));
      const lines = tree([deployment("d-A", "InProgress"), ...events], rows, columns);
      assert.ok(lines.length < rows, `${lines.length} lines in ${rows} rows`);
      assert.ok(lines.every((line) => line.length <= columns));
      const shown = lines.filter((line) => /^ {2}[✓●✗·] /.test(line)).length;
      const rest = Number(lines.at(-1)?.match(/… (\d+)/)?.[1] ?? 0);
      assert.equal(shown + rest, list.length);
    }),
  );
});

test("in a log file every change is one line, and a snapshot repeats nothing", () => {
  const linesOf = progressText();
  const told = fleet.flatMap((event) => linesOf(event, START));
  const at = (milliseconds: number) => clock(START + milliseconds);
  assert.deepEqual(told, [
    `${at(0)} d-A InProgress`,
    `${at(200)} web-1 Install succeeded (0.2 s)`,
    `${at(2400)} web-1 ApplicationStart succeeded (2.2 s)`,
    `${at(2400)} web-1 succeeded`,
    `${at(3000)} web-2 Install succeeded (0.5 s)`,
    `${at(3000)} web-2 ApplicationStart started`,
    "web-2 | ApplicationStart | compiling",
    "web-2 | ApplicationStart | listening soon",
    `${at(100)} web-3 ApplicationStart failed (0.1 s) scripts/start.sh exit code 7: ` +
    "Script at specified location: scripts/start.sh failed with exit code 7",
    `${at(100)} web-3 failed`,
  ]);
  assert.deepEqual(
    fleet.filter(({ kind }) => kind !== "log").flatMap((one) => linesOf(one, START)),
    [],
  );
});
