import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { endGroup, statOf } from "../../core/platform/process_group.ts";
import { isRunning, Theatre, until } from "./theatre.ts";

test("spec 4.3 several scripts: they run in order with the environment; trap 17: success has no log", async () => {
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

test("spec 4.3 missing file: code 1 with the absolute path", async () => {
  using stage = new Theatre({});
  assert.deepEqual(await stage.run({ scripts: [{ location: "no/a.sh" }] }), {
    error_code: 1,
    script_name: "no/a.sh",
    message: `Script does not exist at specified location: ${stage.file("no/a.sh")}`,
    log: "LifecycleEvent - AfterInstall\n",
  });
});

test("spec 4.3 not executable: warned, made executable and run", async () => {
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
  "spec 4.3 not executable: code 2 when its mode cannot be changed",
  { skip: !existsSync(immutable) },
  async () => {
    using stage = new Theatre({});
    const diagnostics = await stage.run({ scripts: [{ location: immutable }], archiveDir: "/" });
    assert.equal(diagnostics.error_code, 2);
    const sentence = `Unable to set script at specified location: ${immutable} as executable (`;
    assert.ok(diagnostics.message.startsWith(sentence), diagnostics.message);
  },
);

test("spec 4.3 timeout: code 3, and all it started has ended, even what is deaf to TERM", async () => {
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

test("spec 4.3 non-zero exit: code 4 names it, the output is kept, later scripts do not run", async () => {
  using stage = new Theatre({ "a.sh": "echo why; exit 7", "b.sh": "echo never" });
  assert.deepEqual(await stage.run({ scripts: [{}, { location: "b.sh" }] }), {
    error_code: 4,
    script_name: "a.sh",
    message: "Script at specified location: a.sh failed with exit code 7",
    log: "LifecycleEvent - AfterInstall\nScript - a.sh\n[stdout]why\n",
  });
  assert.deepEqual(stage.texts, ["stdout: why"]);
});

test("spec 4.3 killed by a signal: code 4 names the signal where CodeDeploy leaves a blank", async () => {
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

test("trap 15: a background child that holds stdout fails an exit-0 script with code 6, and lives on", async () => {
  using stage = new Theatre({ "a.sh": "sleep 60 2>/dev/null & echo $!; exit 0" });
  const { error_code, message } = await stage.run({ scripts: [{ timeoutSeconds: 1 }] });
  assert.equal(error_code, 6);
  assert.equal(message, "Script at specified location: a.sh failed to close STDOUT");
  const child = Number(stage.lines[0]?.text);
  assert.ok(isRunning(child));
  process.kill(child, "SIGKILL");
});

test("trap 15: STDERR is named when that is the one left open, before the exit code", async () => {
  using stage = new Theatre({ "a.sh": "sleep 60 >/dev/null & echo $!; exit 3" });
  const { message } = await stage.run({ scripts: [{ timeoutSeconds: 1 }] });
  assert.equal(message, "Script at specified location: a.sh failed to close STDERR");
  process.kill(Number(stage.lines[0]?.text), "SIGKILL");
});

test("spec 4.3 stdin, process group: no input, and a group of its own, which is announced", async () => {
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

test("spec 4.3 path: it may hold blanks and quotes, and lie in a folder of the revision", async () => {
  const location = `my scripts/it's "a" $HOME.sh`;
  using stage = new Theatre({ [location]: "echo ran $0" });
  assert.equal((await stage.run({ scripts: [{ location }] })).error_code, 0);
  assert.deepEqual(stage.texts, [`stdout: ran ${stage.file(location)}`]);
});

test("spec 4.3 cwd: the agent's own", async () => {
  using stage = new Theatre({ "a.sh": "pwd -P" });
  await stage.run();
  assert.deepEqual(stage.printed, [process.cwd()]);
});

test("spec 4.3 stdin: reading it ends at once", async () => {
  using stage = new Theatre({ "a.sh": "read -r line; echo status $?" });
  assert.equal((await stage.run({ scripts: [{ timeoutSeconds: 5 }] })).error_code, 0);
  assert.deepEqual(stage.printed, ["status 1"]);
});

test("spec 4.3 timeout: a script that heeds TERM may tidy up, and no KILL follows", async () => {
  using stage = new Theatre({
    "a.sh": "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done",
  });
  const started = Date.now();
  const { error_code } = await stage.run({ scripts: [{ timeoutSeconds: 1 }] });
  assert.equal(error_code, 3, "the time was over, whatever its exit code");
  assert.deepEqual(stage.printed, ["ready", "tidied"]);
  assert.ok(Date.now() - started < 4000, "it did not wait for the grace");
});

test("spec 4.3 timeout: each script has its own", async () => {
  using stage = new Theatre({ "a.sh": "sleep 0.7", "b.sh": "sleep 0.7" });
  const scripts = [{ timeoutSeconds: 1 }, { location: "b.sh", timeoutSeconds: 1 }];
  assert.equal((await stage.run({ scripts })).error_code, 0);
});

test("trap 15: a background child that has let go of both outputs is no failure, and lives on", async () => {
  using stage = new Theatre({ "a.sh": "sleep 60 >/dev/null 2>&1 & echo $!" });
  assert.equal((await stage.run()).error_code, 0);
  const child = Number(stage.printed[0]);
  assert.ok(isRunning(child));
  process.kill(child, "SIGKILL");
});

test("trap 15: what closes its outputs before the deadline is waited for", async () => {
  using stage = new Theatre({ "a.sh": "(sleep 0.5; echo late) & exit 0" });
  assert.equal((await stage.run({ scripts: [{ timeoutSeconds: 10 }] })).error_code, 0);
  assert.deepEqual(stage.printed, ["late"]);
});

test("spec 4.3 several scripts: the log of a failure holds the output of those before it", async () => {
  using stage = new Theatre({ "a.sh": "echo one", "b.sh": "echo two >&2; exit 1" });
  const { log, script_name } = await stage.run({ scripts: [{}, { location: "b.sh" }] });
  assert.equal(script_name, "b.sh");
  assert.equal(
    log,
    "LifecycleEvent - AfterInstall\nScript - a.sh\n[stdout]one\nScript - b.sh\n[stderr]two\n",
  );
});

test("outputs can be opened by name, as scripts like to do", async () => {
  using stage = new Theatre({ "a.sh": "echo bad >/dev/stderr; echo good | tee /dev/stdout" });
  assert.equal((await stage.run()).error_code, 0);
  assert.deepEqual(stage.texts.toSorted(), ["stderr: bad", "stdout: good", "stdout: good"]);
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

test("spec 4.4 log buffer: of a failure that prints much, the last lines", async () => {
  using stage = new Theatre({ "a.sh": "for i in {1..500}; do echo line $i; done; exit 1" });
  const { log } = await stage.run();
  assert.ok(log.length < 2048 && log.length > 2000, `${log.length}`);
  assert.ok(log.endsWith("[stdout]line 499\n[stdout]line 500\n"));
  assert.equal(stage.lines.length, 500);
});

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
