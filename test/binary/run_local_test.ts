/** `runtime agent run-local` of the compiled binary, as somebody without a server tries a bundle. @module */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { statOf } from "../../core/platform/process_group.ts";
import { BINARY } from "./fleet.ts";

const APPSPEC = `version: 0.0
os: linux
files:
  - source: greeting.txt
    destination: /srv/hello
hooks:
  ValidateService:
    - location: check.sh
      timeout: 30
`;

/** A folder with the bundle `hello`, in which commands run. */
function inFolder(body: (folder: string) => void) {
  return () => {
    const folder = mkdtempSync(join(tmpdir(), "runtime-local-"));
    try {
      mkdirSync(join(folder, "hello"));
      writeFileSync(join(folder, "hello/appspec.yml"), APPSPEC);
      writeFileSync(join(folder, "hello/greeting.txt"), "hello, one\n");
      writeScript(folder, 'echo "checking $APPLICATION_NAME"');
      body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

function writeScript(folder: string, text: string): void {
  const path = join(folder, "hello/check.sh");
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

function run(cwd: string, ...argv: string[]) {
  const all = ["agent", "run-local", "--install-root", "try", ...argv];
  return spawnSync(BINARY, all, { cwd, encoding: "utf8", timeout: 60_000 });
}

test(
  "a folder and an archive are installed below the install root, and their scripts are heard",
  inFolder((folder) => {
    const packed = spawnSync("tar", ["czf", "hello.tgz", "hello"], { cwd: folder });
    assert.equal(packed.status, 0);
    for (const location of ["./hello", "hello.tgz"]) {
      const ran = run(folder, "-l", location, "-a", "shop");
      assert.equal(ran.status, 0, ran.stderr);
      assert.match(ran.stdout, /^ValidateService \| checking shop$/m);
      assert.match(ran.stdout, /\nd-[A-Z0-9]{9}-local succeeded\n$/);
    }
    assert.equal(readFileSync(join(folder, "try/srv/hello/greeting.txt"), "utf8"), "hello, one\n");
  }),
);

test(
  "a mistake in the AppSpec exits with 1 and its place, a failing script with 1 and its last line",
  inFolder((folder) => {
    writeScript(folder, "echo the greeting is rude >&2; exit 3");
    const failed = run(folder, "-l", "hello");
    assert.equal(failed.status, 1);
    assert.match(
      failed.stderr,
      /failed with exit code 3\n +ValidateService \| the greeting is rude/,
    );
    writeFileSync(join(folder, "hello/appspec.yml"), APPSPEC.replace("30", "soon"));
    const mistaken = run(folder, "-l", "hello", "--json");
    assert.equal(mistaken.status, 1);
    const { error } = JSON.parse(mistaken.stderr);
    assert.match(error.evidence[0], /\/hello\/appspec\.yml:9:16$/);
    assert.equal(run(folder, "-l", "helo").status, 2);
  }),
);

test(
  "Ctrl-C ends the running script and exits with 130",
  inFolder((folder) => {
    // $PPID is the binary. A shell says its exit code: 130 could be taken for a signal's own.
    writeScript(folder, "echo $$; kill -INT $PPID; sleep 300");
    const argv = ["agent", "run-local", "-l", "hello", "--install-root", "try"];
    const ran = spawnSync("/bin/sh", ["-c", '"$0" "$@"; echo "exit $?"', BINARY, ...argv], {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.match(ran.stdout, /\nexit 130\n$/, ran.stderr);
    assert.match(ran.stderr, /was interrupted in ValidateService check\.sh/);
    const script = Number(/^ValidateService \| (\d+)$/m.exec(ran.stdout)?.[1]);
    const left = statOf(script);
    assert.ok(left === undefined || left.state === "Z", "the script has ended");
  }),
);
