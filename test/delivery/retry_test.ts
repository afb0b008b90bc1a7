import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lapsed, nextAttempt, RETRY_RULES } from "../../core/delivery/retry.ts";

const rows: [rule: string, failed: Partial<Parameters<typeof nextAttempt>[0]>, wait: unknown][] = [
  ["the first wait is half a second to one second", { random: 0 }, 500],
  ["… by chance", { random: 0.999 }, 1000],
  ["each further one doubles", { attempts: 4, random: 0 }, 4_000],
  ["up to ten minutes", { attempts: 100, random: 0.9999999 }, 600_000],
  ["a receiver may ask for more", { wait: 30_000 }, 30_000],
  ["but not for more than ten minutes", { wait: 7_200_000 }, 600_000],
  ["the last attempt is the 185th", { attempts: 184, random: 0 }, 300_000],
  ["and then it is given up", { attempts: 185 }, "dead"],
  ["so it is after 24 hours", { createTime: -86_400_000 }, "dead"],
];
for (const [rule, failed, wait] of rows) {
  test(`nextAttempt: ${rule}`, () => {
    const base = { attempts: 1, createTime: 0, now: 0, wait: undefined, random: 0.5 };
    assert.equal(nextAttempt({ ...base, ...failed }, RETRY_RULES), wait);
  });
}

test("a wait is never shorter than half the first one and never longer than the longest", () => {
  const failed = fc.record({
    attempts: fc.integer({ min: 1, max: 184 }),
    createTime: fc.constant(0),
    now: fc.integer({ min: 0, max: 86_399_999 }),
    wait: fc.option(fc.nat({ max: 1e9 }), { nil: undefined }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(fc.property(failed, (one) => {
    const next = nextAttempt(one, RETRY_RULES);
    assert.ok(next !== "dead" && next - one.now >= 500 && next - one.now <= 600_000, `${next}`);
  }));
});

test("a time lapse shortens the waits, and not the time a receiver has", () => {
  const { first, longest, age, timeout, attempts } = lapsed(RETRY_RULES, 100);
  assert.deepEqual({ first, longest, age }, { first: 10, longest: 6_000, age: 864_000 });
  assert.deepEqual({ timeout, attempts }, { timeout: 10_000, attempts: 185 });
});
