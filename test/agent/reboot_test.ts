import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { deployment, revision, type Scripts } from "./hooked_revision.ts";
import { onStage, order, type Stage, until } from "./stage.ts";

const project = join(import.meta.dirname ?? "", "../..");
const ASKS = { run: "exit 194", members: "reboot: on-request" };

/** A machine that a script can restart: a command, a boot id, and an agent that goes down with it. */
class Machine {
  readonly #stage: Stage;
  readonly #bootId: string;
  readonly #command: string;
  readonly asked: string;

  private constructor(stage: Stage) {
    this.#stage = stage;
    this.#bootId = join(stage.folder, "boot_id");
    this.#command = join(stage.folder, "reboot.sh");
    this.asked = join(stage.folder, "asked");
    writeFileSync(this.#bootId, "boot-1\n");
    writeFileSync(this.asked, "");
  }

  /** `command` is what the reboot command does, after it has left a line. */
  static async on(stage: Stage, command: string): Promise<Machine> {
    const machine = new Machine(stage);
    const text = `#!/bin/sh\necho asked >>${machine.asked}\n${command}\n`;
    writeFileSync(machine.#command, text, { mode: 0o755 });
    await appendFile(stage.config, `:reboot_command: ["${machine.#command}"]\n`);
    return machine;
  }

  /** An agent, connected. */
  async boot(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [
      "run",
      "-A",
      "--no-check",
      join(project, "test/agent/machine_process.ts"),
      this.#stage.config,
      join(this.#stage.folder, "machine"),
      this.#bootId,
    ], { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
    this.#stage.processes.push(child);
    await once(child.stdout ?? child, "data");
    return child;
  }

  /** The power goes, and comes back to another boot. */
  async restart(agent: ChildProcess): Promise<ChildProcess> {
    await this.#stage.kill(agent);
    writeFileSync(this.#bootId, `boot-${Date.now()}\n`);
    return await this.boot();
  }

  get timesAsked(): number {
    return readFileSync(this.asked, "utf8").split("\n").length - 1;
  }
}

function give(stage: Stage, scripts: Scripts) {
  const given = deployment(stage, "one", revision(stage, "one", scripts));
  stage.server.give(given);
  return given;
}

function ran(stage: Stage): string[] {
  return stage.lines().map((line) => line.trim().replace(/ +/g, " "));
}

test("a script's 194 restarts the machine; the event goes on at its next script, exactly once", async () => {
  await onStage(async (stage) => {
    const machine = await Machine.on(stage, "");
    const agent = await machine.boot();
    const given = give(stage, {
      BeforeInstall: [
        "echo first",
        { run: "echo second; exit 194", members: "reboot: on-request" },
        "echo third; exit 3",
      ],
      ValidateService: "",
    });
    await until(() => machine.timesAsked === 1, "the restart to be asked for");
    assert.equal(stage.server.completions.length, 0);
    await machine.restart(agent);
    const { completion } = await stage.end(given.commandId);
    assert.deepEqual(ran(stage), Array(3).fill("one BeforeInstall"));
    assert.equal(machine.timesAsked, 1);
    assert.equal(completion.script_name, "scripts/BeforeInstall-2.sh");
    assert.equal(
      completion.log,
      "LifecycleEvent - BeforeInstall\nScript - scripts/BeforeInstall-0.sh\n[stdout]first\n" +
        "Script - scripts/BeforeInstall-1.sh\n[stdout]second\n" +
        "Script - scripts/BeforeInstall-2.sh\n[stdout]third\n",
      "the log goes on where it was",
    );
    const log = join(stage.root, "g-1", "d-one", "logs", "scripts.log");
    const said = readFileSync(log, "utf8").match(/first|second|third|LifecycleEvent/g);
    assert.deepEqual(said, ["LifecycleEvent", "first", "second", "third"]);
    const lines = [
      ...stage.server.updates.flatMap(({ progress }) => progress.log),
      ...completion.log_lines,
    ].filter(({ stream }) => stream === "agent").map(({ text }) => text);
    assert.ok(
      lines.includes("scripts/BeforeInstall-1.sh asks for a restart: this machine restarts"),
    );
    assert.ok(
      lines.includes("the machine has restarted: going on after scripts/BeforeInstall-1.sh"),
    );
  });
});

test("reboot: always restarts after success, even after an event's last script, and again in the next event", async () => {
  await onStage(async (stage) => {
    const machine = await Machine.on(stage, "");
    const always = { run: "", members: "reboot: always" };
    let agent = await machine.boot();
    const given = give(stage, { BeforeInstall: always, AfterInstall: [always, ASKS, ""] });
    for (const times of [1, 2, 3]) {
      await until(() => machine.timesAsked === times, `restart ${times}`);
      agent = await machine.restart(agent);
    }
    const { status, completion } = await stage.end(given.commandId);
    assert.equal(status, "Succeeded", completion.message);
    assert.deepEqual(ran(stage), [
      "one BeforeInstall",
      "one AfterInstall",
      "one AfterInstall",
      "one AfterInstall",
    ]);
  });
});

test("while a restart is wanted no other order begins an event, and a running one ends first", async () => {
  await onStage(async (stage) => {
    const machine = await Machine.on(stage, "");
    const agent = await machine.boot();
    const go = join(stage.folder, "go");
    const waits = `while [ ! -e ${go} ]; do sleep 0.02; done; echo ready >>$RAN`;
    const scripts = { BeforeInstall: waits, AfterInstall: "" };
    const slow = revision(stage, "slow", scripts, { "slow.html": "" });
    const other = deployment(stage, "slow", slow, { group: "g-2" });
    stage.server.give(other);
    await until(() => ran(stage).length === 1, "the other order");
    const given = give(stage, { BeforeInstall: ASKS });
    await until(() => stage.steps().includes("BeforeInstall reboot"), "the wish");
    const late = order({ group: "g-3", deploymentId: "d-late" });
    stage.server.give(late);
    const about = () =>
      stage.journal().filter((one) => "commandId" in one && one.commandId === late.commandId);
    await until(() => about().length > 0, "the late order to be taken");
    assert.equal(machine.timesAsked, 0, "the other order's script still runs");
    await appendFile(go, "");
    await until(() => machine.timesAsked === 1, "the restart");
    assert.deepEqual(ran(stage), ["slow BeforeInstall", "one BeforeInstall", "ready"]);
    assert.deepEqual(about().map(({ kind }) => kind), ["order"]);
    await machine.restart(agent);
    for (const { commandId } of [given, other]) {
      const { status, completion } = await stage.end(commandId);
      assert.equal(status, "Succeeded", completion.message);
    }
    assert.deepEqual(ran(stage).slice(3), ["slow AfterInstall"]);
  });
});

test("a reboot command that fails fails the event, with what it said and what to do", async () => {
  await onStage(async (stage) => {
    const machine = await Machine.on(stage, "echo no permission >&2; exit 3");
    await machine.boot();
    const go = join(stage.folder, "go");
    const waits = `while [ ! -e ${go} ]; do sleep 0.02; done`;
    const scripts = { BeforeInstall: waits, AfterInstall: "" };
    const slow = revision(stage, "slow", scripts, { "slow.html": "" });
    const other = deployment(stage, "slow", slow, { group: "g-2" });
    stage.server.give(other);
    await until(() => ran(stage).length === 1, "the other order");
    const given = give(stage, { BeforeInstall: [ASKS, ""], Finally: "" });
    await until(() => stage.steps().includes("BeforeInstall reboot"), "the wish");
    await appendFile(go, "");
    const { completion } = await stage.end(given.commandId);
    assert.equal((await stage.end(other.commandId)).status, "Succeeded", "it goes on");
    assert.match(
      completion.message,
      /^The machine was not restarted after scripts\/BeforeInstall-0\.sh: ".*reboot\.sh" exited with code 3: no permission\. The scripts after it did not run\. Set :reboot_command: /,
    );
    assert.equal(completion.error_code, 5);
    const own = ran(stage).filter((line) => line.startsWith("one"));
    assert.deepEqual(own, ["one BeforeInstall", "one Finally Failed BeforeInstall"]);
  });
});

test("an agent that was merely restarted asks again, three times in all, and then fails the event", async () => {
  await onStage(async (stage) => {
    const machine = await Machine.on(stage, "");
    const given = give(stage, { BeforeInstall: [ASKS, ""] });
    for (const times of [1, 2, 3]) {
      const agent = await machine.boot();
      await until(() => machine.timesAsked === times, `request ${times}`);
      await stage.kill(agent);
    }
    await machine.boot();
    const { completion } = await stage.end(given.commandId);
    assert.match(completion.message, /was run 3 times, and it is still the same boot\./);
    assert.equal(machine.timesAsked, 3);
    assert.deepEqual(ran(stage), ["one BeforeInstall"]);
  });
});

test("without the key a script's 194 is a failure, as in CodeDeploy", async () => {
  await onStage(async (stage) => {
    const machine = await Machine.on(stage, "");
    await machine.boot();
    const given = give(stage, { BeforeInstall: "exit 194" });
    const { completion } = await stage.end(given.commandId);
    assert.deepEqual([completion.error_code, machine.timesAsked], [4, 0]);
    assert.match(completion.message, /failed with exit code 194$/);
  });
});
