import assert from "node:assert/strict";
import { test } from "node:test";
import analysis from "../../../plugins/analyses/command.ts";
import { measure } from "../plugin_call.ts";

const sh = (script: string) => ({ command: ["/bin/sh", "-c", script] });

const values: [what: string, script: string, value: number | undefined, evidence: string][] = [
  ["the last line", "echo 1; echo '  2.5 '; echo", 2.5, "/bin/sh printed 2.5"],
  ["nothing", "true", undefined, "/bin/sh printed nothing"],
  ["no number", "echo NaN", NaN, "/bin/sh printed NaN"],
  ["only what is on stdout", "echo 4; echo 5 >&2", 4, "/bin/sh printed 4"],
  ["its deployment", 'test "$DEPLOYMENT_ID" = d-SHOP00001 && echo 1', 1, "/bin/sh printed 1"],
];
for (const [what, script, value, evidence] of values) {
  test(`an analysis by a program: ${what}`, async () => {
    assert.deepEqual(await measure(analysis, sh(script)), { value, evidence });
  });
}

const failures: [what: string, script: string, message: RegExp][] = [
  ["it fails, whatever it has printed", "echo 1; echo gone >&2; exit 3", /exit code 3: gone$/],
  ["it prints words", "echo 12 errors", /^"12 errors" is no number$/],
  ["so much that its end is lost", "yes 1 | head -c 70000", /printed 64 KiB or more/],
];
for (const [what, script, message] of failures) {
  test(`an analysis by a program has no value: ${what}`, async () => {
    await assert.rejects(measure(analysis, sh(script)), { message });
  });
}
