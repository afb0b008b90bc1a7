import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schedule } from "../../core/domain/deployment_schedule.ts";
import { nextDue } from "../../core/engine/schedule_run.ts";

const NEW_YORK: Schedule = {
  name: "leap",
  groupId: "g-1",
  cron: "59 23 29 2 *",
  timeZone: "America/New_York",
  createdBy: "arn:aws:iam::000000000000:user/ann",
  createTime: Date.UTC(2026, 10, 25),
};

test("a schedule's next time is worked out once, whoever asks for it", () => {
  const all = Array.from({ length: 100 }, (_, n) => ({
    ...NEW_YORK,
    createTime: NEW_YORK.createTime + n,
  }));
  const first = performance.now();
  const due = all.map(nextDue);
  const second = performance.now();
  assert.deepEqual(all.map(nextDue), due);
  const third = performance.now();
  assert.ok(third - second < (second - first) / 4, `${second - first}, then ${third - second} ms`);
  assert.equal(due[0], Date.UTC(2028, 2, 1, 4, 59));
});

test("after a time that has come it is the one behind it", () => {
  const due = Date.UTC(2028, 2, 1, 4, 59);
  assert.equal(nextDue({ ...NEW_YORK, lastDue: due }), Date.UTC(2032, 2, 1, 4, 59));
});
