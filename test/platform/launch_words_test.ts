import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { selfCommand } from "../../core/platform.ts";
import { LAUNCH_VERB, launchWords, readLaunchWords } from "../../core/platform/launch_words.ts";

test("what launchWords says, readLaunchWords understands", () => {
  const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]*$/);
  const environment = fc.dictionary(name, fc.string(), { noNullPrototype: true });
  const id = fc.nat({ max: 2 ** 32 - 2 });
  const user = fc.record({ uid: id, gid: id, name: fc.stringMatching(/^[a-z][a-z0-9-]*$/) }, {
    noNullPrototype: true,
    requiredKeys: ["uid", "gid"],
  });
  const path = fc.string().map((text) => `/${text}`);
  fc.assert(fc.property(user, environment, path, (user, environment, path) => {
    const [verb, ...words] = [...launchWords({ user, environment }), path];
    assert.equal(verb, LAUNCH_VERB);
    assert.deepEqual(readLaunchWords(words), { user, environment, path });
  }));
});

const nonsense: string[][] = [
  [],
  ["0", "0", ""],
  ["0", "0", "", "--"],
  ["0", "0", "", "--", "relative"],
  ["root", "0", "", "--", "/bin/true"],
  ["0", "0", "", "--", "/bin/true", "more"],
];
for (const words of nonsense) {
  test(`nothing is launched by ${JSON.stringify(words)}`, () => {
    assert.equal(readLaunchWords(words), undefined);
  });
}

test("whoever types the verb is told so", () => {
  const [program = "", ...words] = selfCommand();
  const { status, stderr } = spawnSync(program, [...words, LAUNCH_VERB], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /^The agent alone starts this/);
});
