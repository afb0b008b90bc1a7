/**
 * Scripts as the compiled binary runs them, whose processes, pipes and native calls are another
 * runtime's than the other tests'.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { BINARY } from "./fleet.ts";

interface Case {
  text: string;
  /** Further members of the script in the AppSpec. */
  more?: string;
  status: number;
  stdout?: RegExp[];
  stderr?: RegExp[];
  needsRoot?: true;
}

const WHO = 'echo "$(id -u) $(id -g) $(id -G) $HOME $USER $LOGNAME $SHELL"';

const cases: Record<string, Case> = {
  "outputs are pipes that can be opened by name": {
    text: "echo bad >/dev/stderr; echo good >/dev/stdout; test -p /dev/stdout && echo pipe",
    status: 0,
    stdout: [/\| bad$/m, /\| good$/m, /\| pipe$/m],
  },
  "much output comes whole": {
    text: "for i in $(seq 20000); do echo line $i; done; exit 1",
    status: 1,
    stdout: [/\| line 1$/m, /\| line 10000$/m, /\| line 20000$/m],
  },
  "a script without a first line for the kernel is one for the shell": {
    text: "# no interpreter\necho shell",
    status: 0,
    stdout: [/\| shell$/m],
  },
  "a missing interpreter is named": {
    text: "#!/no/such/shell",
    status: 1,
    stderr: [/could not be started.*asks for \/no\/such\/shell/],
  },
  "trap 15: a background child that holds stdout fails an exit-0 script": {
    text: "sleep 5 2>/dev/null & exit 0",
    more: ", timeout: 1",
    status: 1,
    stderr: [/failed to close STDOUT/],
  },
  "spec 4.3 timeout: a script is ended at its deadline": {
    text: "echo begun; sleep 100",
    more: ", timeout: 1",
    status: 1,
    stdout: [/\| begun$/m],
    stderr: [/failed to complete in 1 seconds/],
  },
  "spec 4.3 runas: user, groups and environment are theirs, without a login shell": {
    text: `${WHO}; echo by name >/dev/stderr; ls /proc/self/fd | wc -l`,
    more: ", runas: games",
    status: 0,
    stdout: [
      /\| 5 60 60 \/usr\/games games games \/usr\/sbin\/nologin$/m,
      /\| by name$/m,
      /\| 4$/m,
    ],
    needsRoot: true,
  },
  "spec 4.3 runas: the message of a failure names the user": {
    text: "exit 3",
    more: ", runas: games",
    status: 1,
    stderr: [/run as user games failed with exit code 3/],
    needsRoot: true,
  },
  "runas of an unknown user says what to do": {
    text: "echo never",
    more: ", runas: no-such-user",
    status: 1,
    stderr: [/hooks\.BeforeInstall\[0\]\.runas.*no such user; add the user/],
  },
};

for (
  const [name, { text, more = "", status, stdout = [], stderr = [], needsRoot }] of Object.entries(
    cases,
  )
) {
  const skip = needsRoot && process.geteuid?.() !== 0 && "needs root";
  test(name, { skip: skip ?? false }, () => {
    const folder = mkdtempSync(join(tmpdir(), "runtime-scripts-"));
    try {
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, "bundle"));
      const hook = `{ location: a script.sh${more} }`;
      const appSpec = `version: 0.0\nos: linux\nhooks:\n  BeforeInstall: [${hook}]\n`;
      writeFileSync(join(folder, "bundle/appspec.yml"), appSpec);
      const script = text.startsWith("#") ? text : `#!/bin/bash\n${text}`;
      writeFileSync(join(folder, "bundle/a script.sh"), `${script}\n`, { mode: 0o755 });
      const words = ["agent", "run-local", "-l", "bundle", "--root", "root", "-e", "BeforeInstall"];
      const run = spawnSync(BINARY, words, { cwd: folder, encoding: "utf8", timeout: 60_000 });
      assert.equal(run.status, status, run.stdout + run.stderr);
      for (const part of stdout) assert.match(run.stdout, part);
      for (const part of stderr) assert.match(run.stderr, part);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
