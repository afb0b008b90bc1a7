import assert from "node:assert/strict";
import { test } from "node:test";
import { scriptCommand } from "../../hooks/script_command.ts";

const rows: [runas: string | undefined, sudo: boolean, path: string, command: string[]][] = [
  [undefined, false, "/a b/c.sh", ["/a b/c.sh"]],
  ["deploy", false, "/a/c.sh", ["su", "deploy", "-c", "/a/c.sh"]],
  ["deploy", false, "/a b/it's.sh", ["su", "deploy", "-c", `'/a b/it'\\''s.sh'`]],
  [undefined, true, "/a b/c.sh", ["sudo", "/a b/c.sh"]],
  ["deploy", true, "/a/c.sh", ["sudo", "su", "deploy", "-c", "/a/c.sh"]],
];
for (const [runas, sudo, path, command] of rows) {
  test(`the command is ${command.join(" ")}`, () => {
    const script = { location: "c.sh", timeoutSeconds: 1, sudo, ...(runas && { runas }) };
    assert.deepEqual(scriptCommand(script, path), command);
  });
}
