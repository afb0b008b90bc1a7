import assert from "node:assert/strict";
import { test } from "node:test";
import { scriptCommand, userStart } from "../../hooks/script_command.ts";

const START = ["/bin/runtime", "become-program", "5"];
const rows: [
  row: string,
  runas: string | undefined,
  sudo: boolean,
  path: string,
  command: string[],
][] = [
  ["neither: the script alone", undefined, false, "/a b/c.sh", ["/a b/c.sh"]],
  ["runas: no su and no shell", "deploy", false, "/a b/c.sh", [...START, "/a b/c.sh"]],
  ["sudo", undefined, true, "/a b/c.sh", ["sudo", "/a b/c.sh"]],
  ["both: sudo su, as AWS's", "deploy", true, "/a/c.sh", ["sudo", "su", "deploy", "-c", "/a/c.sh"]],
  [
    "both, with blanks: quoted for su's shell",
    "deploy",
    true,
    "/a b/it's.sh",
    ["sudo", "su", "deploy", "-c", `'/a b/it'\\''s.sh'`],
  ],
];
for (const [row, runas, sudo, path, command] of rows) {
  test(`spec 4.3 command line, ${row}`, () => {
    const script = { location: "c.sh", timeoutSeconds: 1, sudo, ...(runas && { runas }) };
    const start = userStart(script, () => ({ before: START, environment: {} }));
    assert.ok("before" in start);
    assert.deepEqual(scriptCommand(script, path, start.before), command);
  });
}
