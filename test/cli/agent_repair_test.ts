import { test } from "node:test";
import assert from "node:assert/strict";
import type { GcReport, RepairReport, Rooms } from "../../core/cli/rooms.ts";
import { runtime } from "./stand_in.ts";

const finding = { groupId: "g", path: "/r/g-cleanup", problem: "is missing", advice: "rebuild it" };

function repairing(findings: RepairReport["findings"]): { rooms: Partial<Rooms> } {
  const agentRepair: Rooms["agentRepair"] = () =>
    Promise.resolve({
      repair: ({ mode }) =>
        Promise.resolve({
          report: { root: "/r", findings, untouched: [], isApplied: mode === "apply" },
        }),
    });
  return { rooms: { agentRepair } };
}

const mendable = { ...finding, mend: { kind: "write" } };
const rows: [string, RepairReport["findings"], string[], number, RegExp][] = [
  ["nothing found", [], [], 0, /^Nothing to mend in \/r\n$/],
  ["found", [mendable], [], 1, /is missing\n {2}to mend {2}rebuild it\nNothing was changed/],
  ["mended", [mendable], ["--apply"], 0, /mended {3}rebuild it\n$/],
  ["not to be mended here", [finding], ["--apply"], 1, /by hand {2}rebuild it\n$/],
];
for (const [name, findings, flags, code, out] of rows) {
  test(`agent repair, ${name}: exits with ${code}`, async () => {
    const ran = await runtime(["agent", "repair", ...flags], undefined, repairing(findings));
    assert.match(ran.out, out);
    assert.equal(ran.code, code);
  });
}

test("agent repair that is refused is a failure in four parts", async () => {
  const failure = { exitCode: 1, cause: "c", evidence: ["e"], state: "s", next: ["n"] };
  const agentRepair: Rooms["agentRepair"] = () =>
    Promise.resolve({ repair: () => Promise.resolve({ failure }) });
  const ran = await runtime(["agent", "repair"], undefined, { rooms: { agentRepair } });
  assert.deepEqual([ran.code, ran.err], [1, "c\n  evidence  e\n  state     s\n  next      n\n"]);
});

test("agent gc prints each path with its bytes and what was freed; --keep must be a number from 1", async () => {
  const asked: unknown[] = [];
  const agentGc: Rooms["agentGc"] = () =>
    Promise.resolve({
      gc(options) {
        asked.push(options);
        const removed = [{ path: "/r/g/d-1", why: "a revision beyond retention", bytes: 7 }];
        const report: GcReport = { root: "/r", removed, bytes: 7, isDryRun: true };
        return Promise.resolve({ report });
      },
    });
  const given = ["agent", "gc", "--config", "c", "--keep", "2", "--dry-run"];
  const ran = await runtime(given, undefined, { rooms: { agentGc } });
  assert.deepEqual(asked, [{ config: "c", mode: "look", keep: 2 }]);
  assert.equal(ran.out, "/r/g/d-1  7 bytes  a revision beyond retention\nWould free 7 bytes\n");
  const bad = await runtime(["agent", "gc", "--keep", "0"], undefined, { rooms: { agentGc } });
  assert.equal(bad.code, 2);
  assert.match(bad.err, /--keep: a number from 1 on is wanted/);
});
