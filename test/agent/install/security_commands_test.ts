import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { everythingTo, read, Sandbox } from "./sandbox.ts";

const PERMISSIONS = `permissions:
  - object: /srv
    type: [file]
    mode: 640
    acls: ["u:alex:rw"]
    context: { name: system_u, type: httpd_t, range: s0 }`;

/** Runs with nothing but these programs on the PATH; each notes its words, then does as told. */
async function withPrograms(
  box: Sandbox,
  programs: Record<string, string>,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const directory = join(box.root, "bin");
  const notes = join(box.root, "notes");
  mkdirSync(directory, { recursive: true });
  writeFileSync(notes, "");
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\necho ${name} "$@" >>${notes}\n${line}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  const before = process.env.PATH;
  process.env.PATH = directory;
  try {
    await work();
  } finally {
    process.env.PATH = before;
  }
  return readFileSync(notes, "utf8").split("\n").slice(0, -1);
}

const SUCCEED = { setfacl: "", semanage: "", restorecon: "" };

test("spec 5.5 acls and context are set by their programs, and the next Install takes the label away", async () => {
  using box = new Sandbox();
  const file = join(box.host, "srv/a b.txt");
  const install = (appSpec: string) => () => box.install(box.revision({ "a b.txt": "a" }), appSpec);
  const appSpec = `${everythingTo("/srv")}\n${PERMISSIONS}`;
  assert.deepEqual(await withPrograms(box, SUCCEED, install(appSpec)), [
    `setfacl --set user:alex:rw-,user::rw-,group::r--,other::---,mask::r-- ${file}`,
    `semanage fcontext -a -s system_u -t httpd_t -r s0 ${file}`,
    `restorecon -v ${file}`,
  ]);
  assert.deepEqual(box.cleanupLines(), ["srv", "srv/a b.txt", "semanage\0srv/a b.txt"]);
  assert.deepEqual(await withPrograms(box, SUCCEED, install("files: []")), [
    `semanage fcontext -d ${file}`,
  ]);
  assert.deepEqual(read(box.host), {});
});

const failures: [why: string, programs: Record<string, string>, message: RegExp][] = [
  [
    "a program that is not there",
    {},
    /problem with the acls permission settings .* The program setfacl is not installed on this host/,
  ],
  [
    "a program that refuses",
    { ...SUCCEED, setfacl: "echo 'Operation not supported' >&2; exit 1" },
    /Failed command: setfacl --set .*a\.txt\. Exit code: 1 \(Operation not supported\)$/,
  ],
  [
    "a host without SELinux",
    { setfacl: "" },
    /error in the settings for the context parameter.* The program semanage is not installed/,
  ],
];
for (const [why, programs, message] of failures) {
  test(`spec 5.5 acls and context: Install fails clearly for ${why}`, async () => {
    using box = new Sandbox();
    const appSpec = `${everythingTo("/srv")}\n${PERMISSIONS}`;
    const install = () => box.install(box.revision({ "a.txt": "a" }), appSpec);
    await assert.rejects(withPrograms(box, programs, install), { name: "InstallError", message });
  });
}
