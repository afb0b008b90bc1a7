import assert from "node:assert/strict";
import { test } from "node:test";
import { noteAudit } from "../../core/store/audit.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { openTestApi } from "./test_api.ts";

const LIST = RUNTIME_TARGET_PREFIX + "ListAuditRecords";
const WHO = "arn:aws:iam::000000000000:user/admin";

test("records come newest first, those of one subject alone if asked so, reasons as given", async () => {
  using api = await openTestApi();
  await api.context.store.commit((tx) => {
    noteAudit(tx, { time: 1_500, who: WHO, action: "locked", subject: "shop", reason: "a fire" });
    noteAudit(tx, { time: 2_000, who: WHO, action: "policy set", subject: "shop/prod" });
    noteAudit(tx, { time: 3_000, who: WHO, action: "unlocked", subject: "shop" });
  });
  const unlocked = { sequence: 3, time: 3, who: WHO, action: "unlocked", subject: "shop" };
  const locked = {
    ...{ sequence: 1, time: 1.5, who: WHO, action: "locked", subject: "shop" },
    reason: "a fire",
  };
  const { records } = await api.target(LIST, {}, "viewer");
  assert.deepEqual(records.map((one: { sequence: number }) => one.sequence), [3, 2, 1]);
  assert.deepEqual(await api.target(LIST, { subject: "shop" }), { records: [unlocked, locked] });
  await api.refusal(
    () => api.target(LIST, { nextToken: "x" }),
    "InvalidNextTokenException",
    /nextToken/,
  );
});

test("a record that is added while somebody reads does not shift the pages", async () => {
  using api = await openTestApi();
  const note = (n: number) =>
    api.context.store.commit((tx) =>
      noteAudit(tx, { time: n, who: WHO, action: "locked", subject: `app-${n}` })
    );
  for (let n = 1; n <= 150; n++) await note(n);
  const first = await api.target(LIST, {});
  await note(151);
  const second = await api.target(LIST, { nextToken: first.nextToken });
  const seen = [...first.records, ...second.records]
    .map((one: { subject: string }) => one.subject);
  assert.deepEqual(seen, Array.from({ length: 150 }, (_, at) => `app-${150 - at}`));
  assert.equal(second.nextToken, undefined);
});
