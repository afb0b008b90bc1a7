import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RateLimit } from "../../core/agent/byte_rate.ts";
import { ByteRate } from "../../core/domain/byte_rate.ts";

const rates: [given: unknown, bytesPerSecond: number][] = [
  [500_000, 500_000],
  ["500000", 500_000],
  ["10MB", 10_000_000],
  ["10 mb", 10_000_000],
  ["1.5GB", 1_500_000_000],
  ["10MiB", 10_485_760],
  ["64KiB", 65_536],
  ["2048B", 2048],
  [1024, 1024],
];
for (const [given, bytesPerSecond] of rates) {
  test(`the rate ${JSON.stringify(given)} is ${bytesPerSecond} bytes per second`, () => {
    assert.equal(ByteRate.parse(given), bytesPerSecond);
  });
}

for (const given of [0, -5, 1023, "fast", "10Mbit", "MB", "", "1e6", "10iB"]) {
  test(`the rate ${JSON.stringify(given)} is refused with what is allowed and an example`, () => {
    const { success, error } = ByteRate.safeParse(given);
    assert.equal(success, false);
    const message = error?.issues[0]?.message ?? "";
    assert.match(message, /at least 1024, as in 500000, 500KB or 10MiB$/);
  });
}

const chunk = fc.nat({ max: 512 * 1024 });
const lullMs = fc.nat({ max: 3_000 });
const steps = fc.array(fc.tuple(chunk, lullMs), { minLength: 1, maxLength: 40 });
test("no span of time brings more than the rate, a quarter second's burst and one chunk", () => {
  fc.assert(fc.property(fc.integer({ min: 1024, max: 10_000_000 }), steps, (rate, taken) => {
    let now = 0;
    const limit = new RateLimit(rate, () => now);
    const came: { at: number; bytes: number }[] = [];
    for (const [bytes, lull] of taken) {
      now += lull;
      came.push({ at: now, bytes });
      now += limit.take(bytes);
    }
    for (const [first, { at }] of came.entries()) {
      let before = 0;
      for (const later of came.slice(first)) {
        const allowed = rate * ((later.at - at) / 1000 + 0.25);
        assert.ok(before <= allowed + 1, `${before} bytes before ${later.at - at} ms`);
        before += later.bytes;
      }
    }
  }));
});

test("a limit costs no more time than the rate asks for", () => {
  let now = 0;
  const limit = new RateLimit(1_000_000, () => now);
  for (let taken = 0; taken < 100; taken++) now += limit.take(100_000);
  assert.ok(Math.abs(now - 9_750) < 1, `10 MB, of them 0.25 MB at once, took ${now} ms`);
});
