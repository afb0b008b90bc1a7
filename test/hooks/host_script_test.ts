import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Script } from "../../core/domain/appspec.ts";
import { runScripts, type RunScriptsInput, type ScriptLine } from "../../hooks/host_script.ts";
import { endGroup, statOf } from "../../hooks/process_group.ts";

type Play = Omit<Partial<RunScriptsInput>, "scripts" | "onLine"> & { scripts?: Partial<Script>[] };

class Theatre {
  readonly directory = mkdtempSync(join(tmpdir(), "runtime-hooks-"));
  readonly lines: ScriptLine[] = [];
  readonly entries: string[] = [];

  /** Scripts by name; without a first line for the kernel they get bash's. */
  constructor(scripts: Record<string, string>) {
    for (const [name, text] of Object.entries(scripts)) {
      const path = join(this.directory, name);
      writeFileSync(path, text.startsWith("#") ? text : `#!/bin/bash\n${text}\n`);
      chmodSync(path, 0o755);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The event's diagnostics; for scripts that do not ask for a reboot. */
  async run(play: Play = {}) {
    const end = await this.end(play);
    assert.ok(end.kind === "ended");
    return end.diagnostics;
  }

  end({ scripts = [{}], ...rest }: Play = {}) {
    return runScripts({
      event: "AfterInstall",
      scripts: scripts.map((script) => ({
        location: "a.sh",
        timeoutSeconds: 20,
        sudo: false,
        ...script,
      })),
      archiveDir: this.directory,
      environment: {},
      onLine: (line) => this.lines.push(line),
      onEntry: (entry) => this.entries.push(entry),
      ...rest,
    });
  }

  get texts(): string[] {
    return this.lines.map(({ stream, text }) => `${stream}: ${text}`);
  }

  file(name: string): string {
    return join(this.directory, name);
  }
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; !isSo();) {
    assert.ok(Date.now() < deadline, `within ten seconds: ${what}`);
    await setTimeout(5);
  }
}

/** A zombie has ended, though nobody has asked for its end yet. */
function isRunning(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && !/\) [ZX] /.test(readFileSync(path, "utf8"));
}

test("scripts run in order, with the environment, and succeed without a log", async () => {
  using stage = new Theatre({ "a.sh": "echo $WHO in $HOME; echo bad >&2", "b.sh": "printf end" });
  const diagnostics = await stage.run({
    scripts: [{}, { location: "b.sh" }],
    environment: { WHO: "alex" },
  });
  assert.deepEqual(diagnostics, { error_code: 0, script_name: "", message: "Succeeded", log: "" });
  assert.deepEqual(stage.texts.toSorted(), [
    "stderr: bad",
    "stdout: alex in " + process.env.HOME,
    "stdout: end",
  ]);
  assert.deepEqual([stage.entries[0], stage.entries[1]], [
    "LifecycleEvent - AfterInstall\n",
    "Script - a.sh\n",
  ]);
  assert.equal(stage.entries.at(-1), "[stdout]end\n");
});

test("code 1: a script that is not there, by its absolute path", async () => {
  using stage = new Theatre({});
  assert.deepEqual(await stage.run({ scripts: [{ location: "no/a.sh" }] }), {
    error_code: 1,
    script_name: "no/a.sh",
    message: `Script does not exist at specified location: ${stage.file("no/a.sh")}`,
    log: "LifecycleEvent - AfterInstall\n",
  });
});

test("a script that is not executable is made so, with a warning", async () => {
  using stage = new Theatre({ "a.sh": "echo ran" });
  chmodSync(stage.file("a.sh"), 0o644);
  assert.equal((await stage.run()).error_code, 0);
  assert.deepEqual(stage.texts, [
    "stderr: Script at specified location: a.sh is not executable.  Trying to make it executable.",
    "stdout: ran",
  ]);
});

const immutable = "/proc/sys/kernel/hostname"; // nobody may change its mode, not even root
test(
  "code 2: a script that cannot be made executable",
  { skip: !existsSync(immutable) },
  async () => {
    using stage = new Theatre({});
    const diagnostics = await stage.run({ scripts: [{ location: immutable }], archiveDir: "/" });
    assert.equal(diagnostics.error_code, 2);
    const sentence = `Unable to set script at specified location: ${immutable} as executable (`;
    assert.ok(diagnostics.message.startsWith(sentence), diagnostics.message);
  },
);

test("code 3: at its deadline a script ends with all it started, even those deaf to TERM", async () => {
  using stage = new Theatre({
    "a.sh":
      "(trap '' TERM; echo deaf $BASHPID; while :; do sleep 0.1; done) &\nsleep 100 & echo $!\nwait",
  });
  const diagnostics = await stage.run({ scripts: [{ timeoutSeconds: 1 }] });
  assert.equal(diagnostics.error_code, 3);
  assert.equal(
    diagnostics.message,
    "Script at specified location: a.sh failed to complete in 1 seconds",
  );
  const pids = stage.lines.map(({ text }) => Number(text.replace("deaf ", "")));
  assert.equal(pids.length, 2);
  for (const pid of pids) await until(() => !isRunning(pid), `process ${pid} is gone`);
});

test("code 4: the exit code is named, the last output kept, and later scripts do not run", async () => {
  using stage = new Theatre({ "a.sh": "echo why; exit 7", "b.sh": "echo never" });
  assert.deepEqual(await stage.run({ scripts: [{}, { location: "b.sh" }] }), {
    error_code: 4,
    script_name: "a.sh",
    message: "Script at specified location: a.sh failed with exit code 7",
    log: "LifecycleEvent - AfterInstall\nScript - a.sh\n[stdout]why\n",
  });
  assert.deepEqual(stage.texts, ["stdout: why"]);
});

test("code 4: a script that dies of a signal names it", async () => {
  using stage = new Theatre({ "a.sh": "kill -9 $$" });
  const { error_code, message } = await stage.run();
  assert.equal(error_code, 4);
  assert.equal(
    message,
    "Script at specified location: a.sh failed with exit code (SIGKILL)",
  );
});

test("code 5: a missing interpreter is named, with the line ends that hide it", async () => {
  using stage = new Theatre({ "a.sh": "#!/no/such/shell\r\necho hi\r\n" });
  const { error_code, message } = await stage.run();
  assert.equal(error_code, 5);
  assert.match(message, /^Script at specified location: a\.sh could not be started: .*ENOENT/);
  assert.match(message, /asks for \/no\/such\/shell; its lines end in CR LF/);
});

test("code 6: a child in the background that holds an output fails the script, and lives on", async () => {
  using stage = new Theatre({ "a.sh": "sleep 60 2>/dev/null & echo $!; exit 0" });
  const { error_code, message } = await stage.run({ scripts: [{ timeoutSeconds: 1 }] });
  assert.equal(error_code, 6);
  assert.equal(message, "Script at specified location: a.sh failed to close STDOUT");
  const child = Number(stage.lines[0]?.text);
  assert.ok(isRunning(child));
  process.kill(child, "SIGKILL");
});

test("code 6 names STDERR when that is the one left open", async () => {
  using stage = new Theatre({ "a.sh": "sleep 60 >/dev/null & echo $!; exit 3" });
  const { message } = await stage.run({ scripts: [{ timeoutSeconds: 1 }] });
  assert.equal(message, "Script at specified location: a.sh failed to close STDERR");
  process.kill(Number(stage.lines[0]?.text), "SIGKILL");
});

test("a script has no input and a process group of its own, which is announced", async () => {
  using stage = new Theatre({ "a.sh": "cat; ps -o pgid= -p $$ | tr -d ' '; echo $$; sleep 0.05" });
  const groups: { pid: number }[] = [];
  await stage.run({ onSpawn: (group) => groups.push(group) });
  const [group] = groups;
  assert.deepEqual(stage.lines.map(({ text }) => Number(text)), [group?.pid, group?.pid]);
  assert.notEqual(group?.pid, statOf(process.pid)?.group);
});

test("a script without a first line for the kernel is one for the shell", async () => {
  using stage = new Theatre({ "a.sh": "# no interpreter\necho shell\n" });
  assert.equal((await stage.run()).error_code, 0);
  assert.deepEqual(stage.texts, ["stdout: shell"]);
});

test("an aborted event ends its script and starts no other", async () => {
  using stage = new Theatre({ "a.sh": "echo $$; sleep 100", "b.sh": "echo never" });
  const abort = new AbortController();
  const scripts = [{}, { location: "b.sh" }];
  const run = stage.run({ scripts, signal: abort.signal });
  await until(() => stage.lines.length > 0, "the script speaks");
  abort.abort("the agent is stopping");
  const { error_code, message } = await run;
  assert.equal(error_code, 5);
  assert.match(message, /a\.sh was ended before it had finished: the agent is stopping$/);
  await until(() => !isRunning(Number(stage.lines[0]?.text)), "the script is gone");
  assert.deepEqual(stage.lines.length, 1);
});

test("the log of a failure that prints much is its last lines", async () => {
  using stage = new Theatre({ "a.sh": "for i in {1..500}; do echo line $i; done; exit 1" });
  const { log } = await stage.run();
  assert.ok(log.length < 2048 && log.length > 2000, `${log.length}`);
  assert.ok(log.endsWith("[stdout]line 499\n[stdout]line 500\n"));
  assert.equal(stage.lines.length, 500);
});

const canSu = process.geteuid?.() === 0 &&
  spawnSync("su", ["root", "-c", "true"]).status === 0;
test(
  "runas runs the script through su, and a failure names the user",
  { skip: !canSu },
  async () => {
    using stage = new Theatre({ "a.sh": "id -un; exit 3" });
    const { message } = await stage.run({ scripts: [{ runas: "root" }] });
    assert.deepEqual(stage.texts, ["stdout: root"]);
    assert.equal(
      message,
      "Script at specified location: a.sh run as user root failed with exit code 3",
    );
  },
);

test("ending a group that is gone already is no error", async () => {
  const { pid } = spawnSync("true");
  await endGroup(pid);
});

test("reboot: on-request, a script's exit with 194 breaks the event off where it goes on later", async () => {
  using stage = new Theatre({ "a.sh": "echo a; exit 194", "b.sh": "echo b", "c.sh": "exit 3" });
  const scripts = [
    { location: "a.sh", reboot: "on-request" } as const,
    { location: "b.sh", reboot: "on-request" } as const,
    { location: "c.sh" },
  ];
  const end = await stage.end({ scripts });
  assert.ok(end.kind === "reboot");
  assert.equal(end.script, "a.sh");
  assert.equal(end.at.next, 1);
  const rest = await stage.end({ scripts, from: end.at });
  assert.ok(rest.kind === "ended");
  assert.equal(rest.exitCode, 3);
  assert.equal(
    rest.diagnostics.log,
    "LifecycleEvent - AfterInstall\nScript - a.sh\n[stdout]a\nScript - b.sh\n[stdout]b\n" +
      "Script - c.sh\n",
  );
  assert.deepEqual(stage.texts, ["stdout: a", "stdout: b"]);
});

test("reboot: always, only success restarts the machine; without the key 194 is a failure", async () => {
  using stage = new Theatre({ "a.sh": "exit 194", "b.sh": "true" });
  const always = await stage.end({ scripts: [{ reboot: "always" }] });
  assert.ok(always.kind === "ended");
  assert.equal(always.diagnostics.error_code, 4);
  const without = await stage.run();
  assert.equal(without.message, "Script at specified location: a.sh failed with exit code 194");
  const last = await stage.end({ scripts: [{ location: "b.sh", reboot: "always" }] });
  assert.ok(last.kind === "reboot");
  const after = await stage.end({
    scripts: [{ location: "b.sh", reboot: "always" }],
    from: last.at,
  });
  assert.deepEqual(after, {
    kind: "ended",
    diagnostics: { error_code: 0, script_name: "", message: "Succeeded", log: "" },
  });
});
