import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Journal } from "../../core/agent/journal.ts";
import { type JournalRecord, JournalState, REMEMBERED } from "../../core/agent/journal_record.ts";
import { order } from "./stage.ts";

async function inFolder(play: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  try {
    await play(join(folder, "journal.jsonl"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** All lines of a whole order of one event. */
function whole(given = order({ events: ["BeforeInstall"] })): JournalRecord[] {
  const { commandId, nonce } = given;
  const deploymentId = given.specification.DeploymentId;
  const event = { at: 2, kind: "event", commandId, deploymentId, event: "BeforeInstall" } as const;
  const diagnostics = { error_code: 0, script_name: "", message: "Succeeded", log: "" };
  return [
    { at: 1, kind: "order", commandId, nonce, order: given },
    { ...event, what: "started" },
    { ...event, what: "spawned", pid: 7, startTicks: 8, boot: "b" },
    { ...event, at: 3, what: "finished", status: "Succeeded", diagnostics },
    {
      at: 4,
      kind: "completed",
      commandId,
      status: "Succeeded",
      completion: { ...diagnostics, events: [], log_lines: [] },
    },
    { at: 5, kind: "reported", commandId },
  ];
}

function fold(records: readonly JournalRecord[]): JournalState {
  const state = new JournalState();
  for (const record of records) state.apply(record);
  return state;
}

test("what was appended is read back, whatever the crash tore off the end", async () => {
  const records = [...whole(), ...whole(), ...whole()];
  const lines = records.map((record) => JSON.stringify(record) + "\n");
  const text = lines.join("");
  const cut = fc.nat({ max: text.length });
  await fc.assert(
    fc.asyncProperty(cut, async (length) => {
      await inFolder(async (path) => {
        await writeFile(path, text.slice(0, length));
        const journal = await Journal.open(path);
        const kept = text.slice(0, length).split("\n").length - 1;
        assert.deepEqual(journal.state, fold(records.slice(0, kept)));
        const next = whole()[0];
        assert.ok(next);
        await journal.append(next);
        await journal.close();
        const expected = lines.slice(0, kept).join("") + JSON.stringify(next) + "\n";
        assert.equal(await readFile(path, "utf8"), expected);
      });
    }),
    { numRuns: 40 },
  );
});

test("many appends at once are all there, in their order", async () => {
  await inFolder(async (path) => {
    const journal = await Journal.open(path);
    const records = Array.from({ length: 50 }, () => whole()).flat();
    await Promise.all(records.map((record) => journal.append(record)));
    await journal.close();
    const lines = (await readFile(path, "utf8")).trim().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line)), records);
  });
});

test("a journal over 4 MiB is rewritten: nonce, open orders and the last ends stay", async () => {
  await inFolder(async (path) => {
    const records: JournalRecord[] = [];
    for (let index = 0; index < REMEMBERED + 100; index++) {
      const log = "x".repeat(4096);
      const made = whole();
      for (const record of made) {
        if (record.kind === "event" && record.what === "finished") record.diagnostics.log = log;
      }
      records.push(...made);
    }
    const open = whole().slice(0, 2);
    records.push(...open);
    await writeFile(path, records.map((record) => JSON.stringify(record) + "\n").join(""));
    const before = (await stat(path)).size;
    assert.ok(before > 4 * 1024 * 1024, `${before} bytes`);
    const journal = await Journal.open(path);
    const expected = fold(records);
    assert.equal(journal.state.lastNonce, expected.lastNonce);
    assert.deepEqual(journal.state.unreported, expected.unreported);
    assert.deepEqual(journal.state.reported, expected.reported);
    assert.equal(journal.state.reported.size, REMEMBERED);
    for (const commandId of journal.state.reported) {
      assert.equal((await journal.completionOf(commandId))?.status, "Succeeded");
      break;
    }
    await journal.close();
    assert.ok((await stat(path)).size < before / 5, `${(await stat(path)).size} bytes`);
  });
});

test("an append that the disk refuses is told, and leaves no half line", async () => {
  await inFolder(async (path) => {
    const journal = await Journal.open(path);
    await journal.close();
    const [record] = whole();
    assert.ok(record);
    await assert.rejects(journal.append(record), /cannot write .*journal\.jsonl: /);
    assert.equal(journal.state.unreported.size, 0);
    assert.equal(await readFile(path, "utf8"), "");
  });
});
