import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AWS_QUOTAS, QUOTA_WORDS, QuotaRefused, quotasFrom } from "../../core/domain/quotas.ts";

test("without a setting a server has AWS's numbers (spec 1.5)", () => {
  assert.deepEqual(quotasFrom([]), AWS_QUOTAS);
  const { applications, groups, activeDeployments, instancesPerDeployment, githubTokens } =
    AWS_QUOTAS;
  assert.deepEqual([applications, groups, activeDeployments, instancesPerDeployment], [
    ...[1000, 1000, 1000, 1000],
  ]);
  assert.equal(githubTokens, 25);
});

test("a setting changes its limit alone, the later one counts, and off is no limit", () => {
  const set = quotasFrom(["groups=5", "page=7", "groups=6", "instances-per-deployment=off"]);
  assert.deepEqual(set, { ...AWS_QUOTAS, groups: 6, page: 7, instancesPerDeployment: Infinity });
});

const refused: [setting: string, sentence: RegExp][] = [
  ["goups=5", /^"goups" is not the name of a limit; there are applications, groups, /],
  ["", /^"" is not the name of a limit/],
  ["toString=1", /^"toString" is not the name/],
  ["groups", /^the limit groups takes a number from 1 to 1000000 or off, not ""\.$/],
  ["groups=0", /not "0"\.$/],
  ["groups=-1", /not "-1"\.$/],
  ["groups=1.5", /not "1\.5"\.$/],
  ["groups=1e3", /not "1e3"\.$/],
  ["groups=1000001", /not "1000001"\.$/],
  ["groups=OFF", /not "OFF"\.$/],
  ["page=off", /^the limit page takes a number from 1 to 1000000, not "off"\.$/],
];
for (const [setting, sentence] of refused) {
  test(`the setting "${setting}" is refused with a sentence`, () => {
    assert.throws(() => quotasFrom([setting]), (error) => {
      assert.ok(error instanceof QuotaRefused);
      assert.match(error.message, sentence);
      return true;
    });
  });
}

test("docs/operating.md has the table of limits as it is", () => {
  const page = readFileSync(join(import.meta.dirname ?? "", "../../docs/operating.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\| (\d+) +\|( yes| no)? +\|$/gm)]
    .map(([, word, what, aws, off]) => [word, what, Number(aws), off === " yes"]);
  const table = [...QUOTA_WORDS].map((
    [word, { what, aws, mayBeOff }],
  ) => [word, what, aws, mayBeOff]);
  assert.deepEqual(rows, table);
});
