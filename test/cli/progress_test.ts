import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { newView, record } from "../../core/cli/deployment_view.ts";
import { HELD_CHARACTERS } from "../../core/cli/held_lines.ts";
import { ProgressText } from "../../core/cli/progress_text.ts";
import { progressTree } from "../../core/cli/progress_tree.ts";
import { clock } from "../../core/cli/words.ts";
import { TargetStatus } from "../../core/domain/target.ts";
import { LogLine } from "../../core/wire/agent_protocol.ts";
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

test("what the deployment waits for stands above its hosts", () => {
  const statusMessages = ["Waits 5 minutes before the next hosts, \x1b[31muntil noon."];
  const waiting = [deployment("d-A", "Baking", { statusMessages }), ...fleet.slice(1)];
  assert.equal(tree(waiting, 24)[2], "  Waits 5 minutes before the next hosts, until noon.");
});

test("the hooks after a failure stand below their host, and that one of them failed", () => {
  const hooks = (targetId: string, ...lines: [string, string, string][]): StreamEvent => ({
    ...log("d-A", targetId, 2),
    lines: lines.map(([event, stream, text]) => LogLine.parse({ event, stream, text, at: START })),
  });
  const told = [
    ...fleet,
    hooks(
      "web-3",
      ["OnFailure", "stdout", "cut"],
      ["OnFailure", "stdout", "one"],
      ["OnFailure", "stdout", "two"],
      ["OnFailure", "agent", "OnFailure failed: exit code 3"],
      ["Finally", "stdout", "swept"],
    ),
    hooks("web-1", ["Finally", "stdout", "swept"], ["Finally", "agent", "Finally failed: no"]),
  ];
  assert.deepEqual(tree(told, 24).slice(2), [
    "  ✓ web-1  2.4 s",
    "      Finally | Finally failed: no",
    "  ● web-2  ApplicationStart  9.0 s",
    "      listening soon",
    "  ✗ web-3  ApplicationStart scripts/start.sh exit code 7",
    "      OnFailure | one",
    "      OnFailure | two",
    "      OnFailure | OnFailure failed: exit code 3",
    "      Finally | swept",
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
  const text = new ProgressText();
  const linesOf = (event: StreamEvent, now: number) => text.lines(event, now);
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

const NAMES = ["Install", "ApplicationStart"] as const;

/** A host after so many steps: each event takes one to start and one to succeed. */
function after(steps: number): StreamEvent {
  const events = NAMES.map((name, index) => {
    const status = (["Pending", "InProgress", "Succeeded"] as const)[
      Math.min(Math.max(steps - 2 * index, 0), 2)
    ]!;
    return { name, status };
  });
  return host("d-A", "web-1", steps === 4 ? "Succeeded" : "InProgress", events);
}

/** What is told of an event, in order: `s`tarted, a `l`ine, `e`nded. */
function order(lines: readonly string[], name: string): string {
  return lines.filter((line) => line.includes(name)).map((line) =>
    line.includes(` | ${name} | `) ? "l" : line.includes("started") ? "s" : "e"
  ).join("");
}

test("however a host's lines run ahead of its events, they stand between start and end", () => {
  const batch = fc.record({ steps: fc.nat(4), lines: fc.nat(3) });
  fc.assert(fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
    const text = new ProgressText();
    const told: string[] = [];
    const sent: string[] = [];
    let from = 0;
    for (const { steps, lines } of [...batches, { steps: 4, lines: 0 }]) {
      const to = Math.min(from + steps, 4);
      const ran = NAMES.filter((_, index) => from <= 2 * index + 1 && to >= 2 * index + 1);
      const output = ran.flatMap((event) =>
        Array.from({ length: lines }, (_, index) => ({
          ...{ event, stream: "stdout" as const, at: START },
          text: `${sent.length + index}`,
        }))
      );
      sent.push(...output.map((line) => `web-1 | ${line.event} | ${line.text}`));
      const log = { kind: "log" as const, deploymentId: "d-A", targetId: "web-1", sequence: 1 };
      told.push(...text.lines({ ...log, lines: output }, START));
      told.push(...text.lines(after(to), START));
      from = to;
    }
    for (const name of NAMES) assert.match(order(told, name), /^s?l*e$/);
    assert.deepEqual(told.filter((line) => line.includes(" | ")), sent);
  }));
});

test("lines whose event is never announced are told at the end of the deployment", () => {
  const text = new ProgressText();
  assert.deepEqual(text.lines(log("d-A", "web-1", 1, "early"), START), []);
  assert.deepEqual(text.lines(deployment("d-A", "Stopped"), START), [
    "web-1 | ApplicationStart | early",
    `${clock(START + 12_000)} d-A Stopped`,
  ]);
  assert.equal(text.lines(log("d-A", "web-1", 2, "late"), START).length, 1, "nothing to wait for");
  const cut = new ProgressText();
  cut.lines(log("d-A", "web-1", 1, "early"), START);
  assert.deepEqual(cut.rest(), ["web-1 | ApplicationStart | early"]);
  assert.deepEqual(cut.rest(), []);
});

test("no more than 64 KiB wait for their event", () => {
  const text = new ProgressText();
  const line = "x".repeat(HELD_CHARACTERS / 2);
  assert.deepEqual(text.lines(log("d-A", "web-1", 1, line), START), []);
  assert.equal(text.lines(log("d-A", "web-2", 2, line), START).length, 2, "both, oldest first");
  assert.deepEqual(text.lines(log("d-A", "web-1", 3, "short"), START), [], "there is room again");
});
