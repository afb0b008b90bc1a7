import assert from "node:assert/strict";
import { test } from "node:test";
import type { Disk } from "../../../core/agent/install/disk.ts";
import { plan } from "../../../core/agent/install/plan.ts";
import { spec } from "./sandbox.ts";

/** A revision with three files, one in a directory; the host has /var and nothing else. */
const REVISION: Readonly<Record<string, readonly string[]>> = {
  "/r": ["a.sh", "b.txt", "sub"],
  "/r/sub": ["c.sh"],
};
const disk: Disk = {
  existing: (path) => path === "/" || path === "/var" ? "directory" : undefined,
  kind: (path) => path in REVISION ? "directory" : "file",
  entries: (path) =>
    (REVISION[path] ?? []).map((name) => ({
      name,
      kind: `${path}/${name}` in REVISION ? "directory" : "file",
    })),
  realPath: (path) => path,
  linkTarget: () => "",
};

function permissions(entry: string) {
  const text = `files: [{ source: /, destination: /srv }]\npermissions: ${entry}`;
  const { instructions } = plan({
    appSpec: spec(text),
    archiveDir: "/r",
    fileExistsBehavior: "DISALLOW",
    disk,
  });
  return instructions.filter(({ kind }) => kind !== "mkdir" && kind !== "copy");
}

const matches: [rule: string, entry: string, paths: string[]][] = [
  ["** is every depth, never the object", "{ object: /srv }", ["a.sh", "b.txt", "sub/c.sh", "sub"]],
  ["another pattern is one level", '{ object: /srv, pattern: "*.sh" }', ["a.sh"]],
  ["* alone is one level too", '{ object: /srv, pattern: "*" }', ["a.sh", "b.txt", "sub"]],
  ["only * is special", '{ object: /srv, pattern: "?.sh" }', []],
  ["a dot is a dot", '{ object: /srv, pattern: "a*s." }', []],
  ["except leaves names out", "{ object: /srv, except: [a.sh, s*] }", ["b.txt", "sub/c.sh"]],
  ["except does not reach deeper", '{ object: /srv, except: ["c.sh", "sub/c.sh"], type: [file] }', [
    "a.sh",
    "b.txt",
    "sub/c.sh",
  ]],
  ["type file", "{ object: /srv/sub, type: [file] }", ["sub/c.sh"]],
  ["type directory", "{ object: /srv, type: [directory] }", ["sub"]],
  ["a copied file", "{ object: /srv/a.sh }", ["a.sh"]],
  ["a copied file without type file", "{ object: /srv/a.sh, type: [directory] }", []],
  ["a directory of the host without our files", "{ object: /var }", []],
  ["an object that is not there", "{ object: /opt }", []],
];
for (const [rule, entry, paths] of matches) {
  test(`permissions: ${rule}`, () => {
    const found = permissions(`[${entry.replace(" }", ", mode: 600 }")}]`);
    assert.deepEqual(found.map(({ path }) => path.replace("/srv/", "")), paths);
  });
}

test("mode, acls, context and owner follow each other in this order", () => {
  const entry = "[{ object: /srv/a.sh, owner: o, group: g, context: { type: t }, " +
    'acls: ["u:x:r"], mode: 600 }]';
  assert.deepEqual(permissions(entry), [
    { kind: "chmod", path: "/srv/a.sh", mode: "600" },
    {
      kind: "setfacl",
      path: "/srv/a.sh",
      acls: [{ default: false, type: "user", name: "x", permissions: "r--" }],
    },
    { kind: "semanage", path: "/srv/a.sh", context: { type: "t" } },
    { kind: "chown", path: "/srv/a.sh", owner: "o", group: "g" },
  ]);
});

const refusals: [why: string, entry: string, message: RegExp][] = [
  [
    "a path twice",
    "[{ object: /srv, mode: 600 }, { object: /srv/a.sh, mode: 700 }]",
    /the permissions setting for \(\/srv\/a\.sh\) is specified more than once/,
  ],
  [
    "a pattern for a file",
    '[{ object: /srv/a.sh, pattern: "*", mode: 600 }]',
    /includes an object \(\/srv\/a\.sh\) with an invalid pattern \(\*\)/,
  ],
  [
    "an exception for a file",
    "[{ object: /srv/a.sh, except: [x], mode: 600 }]",
    /the except parameter .* \(x\) for the object named \/srv\/a\.sh contains an invalid format/,
  ],
  [
    "a default acl for a file",
    '[{ object: /srv, acls: ["d:u:x:r"] }]',
    /the -d parameter has been specified to apply an acl setting to a file/,
  ],
];
for (const [why, entry, message] of refusals) {
  test(`permissions refuse ${why}`, () => assert.throws(() => permissions(entry), { message }));
}
