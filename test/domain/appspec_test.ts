import assert from "node:assert/strict";
import { test } from "node:test";
import { type AppSpec, AppSpecError, parseAppSpec } from "../../core/domain/appspec.ts";

function parse(text: string): AppSpec {
  return parseAppSpec(text, { path: "appspec.yml", hostOs: "linux" });
}

function refusal(text: string): AppSpecError {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof AppSpecError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `accepted:\n${text}` });
}

const HEAD = "version: 0.0\nos: linux\n";
const files = (entry: string): string => `${HEAD}files:\n  - ${entry}\n`;
const hook = (script: string): string => `${HEAD}hooks:\n  AfterInstall:\n    - ${script}\n`;
const permission = (entry: string): string => `${HEAD}permissions:\n  - ${entry}\n`;

test("a full AppSpec is read with its defaults filled in", () => {
  const spec = parse(`
version: 0.0
os: linux
file_exists_behavior: OVERWRITE
files:
  - source: /
    destination: /srv/shop
permissions:
  - object: /srv/shop
    pattern: "*.sh"
    except: [a.sh]
    owner: deploy
    group: 1000
    mode: 0644
    acls: ["u:alex:rw", "d:g::7"]
    context: { name: system_u, type: httpd_sys_content_t, range: "s0:c3,c1,c2" }
    type: [file]
hooks:
  BeforeInstall:
  AfterInstall:
    - location: " scripts/migrate.sh "
      timeout: 60
      runas: deploy
      sudo: yes
    - location: scripts/warm.sh
  AfterInstal:
    - nothing: at all
ignored: { anything: [1, 2] }
`);
  assert.deepEqual(spec, {
    version: 0,
    os: "linux",
    fileExistsBehavior: "OVERWRITE",
    files: [{ source: "/", destination: "/srv/shop" }],
    permissions: [{
      object: "/srv/shop",
      pattern: "*.sh",
      except: ["a.sh"],
      types: ["file"],
      owner: "deploy",
      group: "1000",
      mode: "0644",
      acls: [
        { default: false, type: "user", name: "alex", permissions: "rw-" },
        { default: true, type: "group", name: "", permissions: "rwx" },
      ],
      context: { type: "httpd_sys_content_t", user: "system_u", range: "s0:c1.c3" },
    }],
    hooks: new Map([["AfterInstall", [
      { location: "scripts/migrate.sh", timeoutSeconds: 60, runas: "deploy", sudo: true },
      { location: "scripts/warm.sh", timeoutSeconds: 3600, sudo: false },
    ]]]),
    afterHooks: new Map(),
    ignoredHooks: ["AfterInstal"],
    warnings: [
      '"AfterInstal" is no lifecycle event: its scripts never run (appspec.yml:27:5)',
      "mode: 0644 is taken as 0644; CodeDeploy's agent 1.x makes 0420 of it. Put it in quotes, " +
      'mode: "0644", and every agent agrees (appspec.yml:14:11)',
    ],
  });
});

const accepted: [why: string, text: string][] = [
  ["a version of plain 0", "version: 0\nos: linux"],
  ["empty sections", `${HEAD}files:\npermissions:\nhooks:\n`],
  ["the first of several documents", `${HEAD}---\nversion: 9\n`],
  ["the last of two equal keys", `version: 9\n${HEAD}`],
  ["a merged mapping", "base: &base\n  version: 0.0\n  os: linux\n<<: *base\n"],
  ["a byte order mark", `\uFEFF${HEAD}`],
];
for (const [why, text] of accepted) {
  test(`spec 5.2 accepts ${why}`, () => assert.equal(parse(text).os, "linux"));
}

/** Member by member: what is written, and what the agent makes of it. */
const grammar: [row: string, text: string, path: (spec: AppSpec) => unknown, meant: unknown][] = [
  ["version: the number 0.0", HEAD, (spec) => spec.version, 0],
  ["os: exactly the host's", HEAD, (spec) => spec.os, "linux"],
  ["files: optional", HEAD, (spec) => spec.files, []],
  [
    "files: source and destination",
    files("{ source: a, destination: /b }"),
    (spec) => spec.files,
    [{ source: "a", destination: "/b" }],
  ],
  ["file_exists_behavior: optional", HEAD, (spec) => spec.fileExistsBehavior, undefined],
  [
    "file_exists_behavior: exact upper case",
    `${HEAD}file_exists_behavior: RETAIN\n`,
    (spec) => spec.fileExistsBehavior,
    "RETAIN",
  ],
  [
    "permissions: pattern **, except nothing and both types by default",
    permission("{ object: /a }"),
    (spec) => spec.permissions,
    [{ object: "/a", pattern: "**", except: [], types: ["file", "directory"] }],
  ],
  [
    "permissions: mode of one to four octal digits",
    permission("{ object: /a, mode: 5 }"),
    (spec) => spec.permissions[0]?.mode,
    "005",
  ],
  [
    "permissions: context name, type, range",
    permission("{ object: /a, context: { name: u, type: t, range: s0 } }"),
    (spec) => spec.permissions[0]?.context,
    { user: "u", type: "t", range: "s0" },
  ],
  [
    "hooks: timeout 3600, no runas and no sudo by default",
    hook("location: a.sh"),
    (spec) => spec.hooks.get("AfterInstall"),
    [{ location: "a.sh", timeoutSeconds: 3600, sudo: false }],
  ],
  [
    "hooks: timeout, runas and the undocumented sudo",
    hook("{ location: a.sh, timeout: 5, runas: shop, sudo: true }"),
    (spec) => spec.hooks.get("AfterInstall"),
    [{ location: "a.sh", timeoutSeconds: 5, runas: "shop", sudo: true }],
  ],
  ["hooks: a null hook is ignored", `${HEAD}hooks:\n  AfterInstall:\n`, (spec) => [
    ...spec.hooks.keys(),
  ], []],
  [
    "hooks: unknown names are ignored",
    `${HEAD}hooks:\n  Later: [{ location: a }]\n`,
    (spec) => [[...spec.hooks.keys()], spec.ignoredHooks],
    [[], ["Later"]],
  ],
  ["unknown top-level keys are ignored", `${HEAD}colour: red\n`, (spec) => spec.warnings, []],
  [
    "YAML 1.1: yes is true",
    hook("{ location: a.sh, sudo: yes }"),
    (spec) => spec.hooks.get("AfterInstall")?.[0]?.sudo,
    true,
  ],
];
for (const [row, text, path, meant] of grammar) {
  test(`spec 5.2 ${row}`, () => assert.deepEqual(path(parse(text)), meant));
}

const modes: [written: string, mode: string][] = [
  ["0644", "0644"],
  ['"0644"', "0644"],
  ["644", "644"],
  ["4755", "4755"],
  ["7", "007"],
];
for (const [written, mode] of modes) {
  test(`mode: ${written} means ${mode}`, () => {
    assert.equal(parse(permission(`{ object: /a, mode: ${written} }`)).permissions[0]?.mode, mode);
  });
}

const warned: [why: string, entry: string, warning: string][] = [
  [
    "trap 9: an unquoted 0644 is 0644 and warned of",
    "{ object: /a, mode: 0644 }",
    "mode: 0644 is taken as 0644; CodeDeploy's agent 1.x makes 0420 of it. Put it in quotes, " +
    'mode: "0644", and every agent agrees (appspec.yml:4:25)',
  ],
  [
    "trap 13: a context's user is read from name; user is warned of",
    "{ object: /a, context: { user: system_u, type: t } }",
    "context: the SELinux user is read from the key name, as CodeDeploy's agent does; the key " +
    "user has no effect (appspec.yml:4:36)",
  ],
];
for (const [why, entry, warning] of warned) {
  test(why, () => assert.deepEqual(parse(permission(entry)).warnings, [warning]));
}
for (const mode of ['"0644"', "644", "4755", "0", "7"]) {
  test(`trap 9: mode: ${mode} needs no warning`, () => {
    assert.deepEqual(parse(permission(`{ object: /a, mode: ${mode} }`)).warnings, []);
  });
}

const refused: [row: string, text: string, place: string, message: RegExp][] = [
  ["empty file", "", "1:1", /file was empty\. Make sure your AppSpec file defines at minimum/],
  ["empty file, comments alone", "# nothing\n", "1:1", /file was empty/],
  [
    "version missing",
    "os: linux\n",
    "1:1",
    /an invalid version value \(\) was entered.*Found nothing/,
  ],
  [
    "version not 0.0",
    "version: 1.0\nos: linux\n",
    "1:10",
    /an invalid version value \(1\.0\) was entered.*Found 1\.0;/,
  ],
  [
    "trap 8: version in quotes",
    'version: "0.0"\nos: linux\n',
    "1:10",
    /value \(0\.0\).*Found "0\.0"; allowed: the number 0\.0/,
  ],
  [
    "os wrong for the host",
    "version: 0.0\nos: windows\n",
    "2:5",
    /unsupported operating system \(windows\).*allowed: linux/,
  ],
  [
    "os in another case",
    "version: 0.0\nos: Linux\n",
    "2:5",
    /unsupported operating system \(Linux\)/,
  ],
  ["os missing", "version: 0.0\n", "1:1", /unsupported operating system \(\)/],
  [
    "file_exists_behavior bad (exact upper case, trap 7)",
    `${HEAD}file_exists_behavior: retain\n`,
    "3:23",
    /value \(retain\).*one of DISALLOW,OVERWRITE,RETAIN/,
  ],
  [
    "files without source",
    files("destination: /a"),
    "4:5",
    /specifies a destination file, but no source file/,
  ],
  ["files without destination", files("source: a"), "4:5", /specifies only a source file \(a\)/],
  ["files entry empty", files("{}"), "4:5", /no source file.*Found neither/],
  [
    "files no list",
    `${HEAD}files:\n  source: a\n  destination: /a\n`,
    "4:3",
    /the files section .* must be a list/,
  ],
  [
    "files entry no mapping",
    files("just text"),
    "4:5",
    /an entry of the files section .* must be a mapping/,
  ],
  [
    "source no single value",
    files("{ source: [a], destination: /a }"),
    "4:15",
    /source of a file .* must be one value/,
  ],
  ["hook without location", hook("timeout: 5"), "5:7", /specifies a script with no location value/],
  [
    "hook with a blank location",
    hook('location: " "'),
    "5:17",
    /specifies a script with no location value/,
  ],
  [
    "timeout 0",
    hook("{ location: a, timeout: 0 }"),
    "5:31",
    /an invalid timeout value was provided.*Found 0;/,
  ],
  ["timeout below 0", hook("{ location: a, timeout: -1 }"), "5:31", /invalid timeout value/],
  [
    "timeout not numeric",
    hook("{ location: a, timeout: 5 minutes }"),
    "5:31",
    /invalid timeout.*Found "5 minutes"/,
  ],
  ["timeout infinite", hook("{ location: a, timeout: .inf }"), "5:31", /invalid timeout/],
  [
    "sudo neither true nor false",
    hook("{ location: a, sudo: maybe }"),
    "5:28",
    /invalid sudo value/,
  ],
  ["hooks no mapping", `${HEAD}hooks: [a]\n`, "3:8", /the hooks section .* must be a mapping/],
  [
    "a hook no list",
    `${HEAD}hooks:\n  AfterInstall: a.sh\n`,
    "4:17",
    /the hook AfterInstall .* must be a list/,
  ],
  ["permission without object", permission("owner: root"), "4:5", /has no object value/],
  [
    "type neither file nor directory",
    permission("{ object: /a, type: [link] }"),
    "4:26",
    /object type not supported for permissions \(link\)/,
  ],
  [
    "mode too long",
    permission("{ object: /a, mode: 01777 7 }"),
    "4:25",
    /length of a permissions mode \(01777 7\)/,
  ],
  [
    "mode not octal",
    permission("{ object: /a, mode: 689 }"),
    "4:25",
    /mode \(689\).*invalid character \(8\)/,
  ],
  [
    "mode in the notation of YAML 1.2",
    permission("{ object: /a, mode: 0o644 }"),
    "4:25",
    /length of a permissions mode \(0o644\)/,
  ],
  [
    "acl malformed",
    permission("{ object: /a, acls: [rwx] }"),
    "4:26",
    /Invalid acl entry \(rwx\)\. Found/,
  ],
  [
    "acl of an unnamed base entry",
    permission('{ object: /a, acls: ["u::rw"] }'),
    "4:26",
    /Use mode to set the base acl entry \(u::rw\)/,
  ],
  [
    "acl with a wrong character",
    permission('{ object: /a, acls: ["u:a:rwz"] }'),
    "4:26",
    /\(ACL\) named u:a:rwz .*character \(z\)/,
  ],
  [
    "context without type",
    permission("{ object: /a, context: { name: u } }"),
    "4:28",
    /invalid context type \(\)/,
  ],
  [
    "context with a malformed range",
    permission("{ object: /a, context: { type: t, range: s1-s0 } }"),
    "4:46",
    /SELinux range specified \(s1-s0\)/,
  ],
  [
    "YAML syntax error",
    "version: 0.0\n\tos: linux\n",
    "2:1",
    /not valid YAML: Tabs are not allowed/,
  ],
  ["YAML alias without an anchor", "version: 0.0\nos: *host\n", "2:5", /no anchor named &host/],
  ["top level no mapping", "- version: 0.0\n", "1:1", /the top level .* must be a mapping/],
];
for (const [row, text, place, message] of refused) {
  test(`spec 5.6 ${row}: refused at ${place}`, () => {
    const error = refusal(text);
    assert.match(error.message, message);
    assert.equal(`${error.line}:${error.column}`, place);
    assert.ok(error.message.endsWith(`(appspec.yml:${place})`), error.message);
  });
}

test("a refusal reads as CodeDeploy's, then says what was found, what is allowed, and where", () => {
  assert.equal(
    refusal("version: 0.0\nos: windows\n").message,
    "The deployment failed because the application specification file specifies an unsupported " +
      'operating system (windows). Specify either "linux" or "windows" in the os section of the ' +
      'AppSpec file, and then try again. Found "windows"; allowed: linux, the operating system of ' +
      "this host (appspec.yml:2:5)",
  );
});

function withHooks(hooks: string) {
  const text = `version: 0.0\nos: linux\nhooks:\n${hooks}`;
  return parseAppSpec(text, { path: "appspec.yml", hostOs: "linux" });
}

test("the hooks after a failure take the same scripts as events; a misspelt one is listed", () => {
  const { afterHooks, hooks, ignoredHooks } = withHooks(
    "  OnFailure: [{ location: tell.sh, timeout: 5, runas: daemon }]\n" +
      "  OnRollback: [{ location: undo.sh }]\n  Finally: [{ location: tidy.sh }]\n" +
      "  Finaly: [{ location: tidy.sh }]\n",
  );
  assert.deepEqual([...afterHooks.keys()], ["OnFailure", "OnRollback", "Finally"]);
  assert.deepEqual(afterHooks.get("OnFailure"), [
    { location: "tell.sh", timeoutSeconds: 5, runas: "daemon", sudo: false },
  ]);
  assert.equal(hooks.size, 0);
  assert.deepEqual(ignoredHooks, ["Finaly"]);
});

test("a script may ask for a reboot always or on request; anything else is refused with its place", () => {
  const { hooks } = withHooks(
    "  BeforeInstall:\n    - { location: a.sh, reboot: always }\n" +
      "    - { location: b.sh, reboot: on-request }\n    - { location: c.sh }\n",
  );
  const reboots = hooks.get("BeforeInstall")?.map(({ reboot }) => reboot);
  assert.deepEqual(reboots, ["always", "on-request", undefined]);
  assert.throws(
    () => withHooks("  BeforeInstall: [{ location: a.sh, reboot: true }]\n"),
    /Found true; allowed: always, on-request \(appspec\.yml:4:45\)$/,
  );
  assert.throws(
    () => withHooks("  Finally: [{ location: a.sh, reboot: always }]\n"),
    /Found "always"; allowed: no reboot in Finally, which ends a run \(appspec\.yml:4:39\)$/,
  );
});
