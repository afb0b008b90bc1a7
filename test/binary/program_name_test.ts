/** The compiled binary under the names of AWS's programs, by links to it. @module */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { statOf } from "../../core/platform/process_group.ts";
import { VERSION } from "../../core/wire/version.ts";
import { version } from "./bundles.ts";
import { begin, ended } from "./deployments.ts";
import { BINARY, Fleet, type Host, until } from "./fleet.ts";

if (!existsSync(BINARY)) {
  const root = new URL("../..", import.meta.url).pathname;
  const built = spawnSync("deno", ["task", "build"], { cwd: root, encoding: "utf8" });
  assert.equal(built.status, 0, built.stderr);
}

/** A server, and a host that has joined it, whose agent the links start and stop. */
class Linked {
  readonly fleet: Fleet;
  readonly host: Host;
  /** Of every agent that was started. */
  readonly pids: number[] = [];
  constructor(fleet: Fleet, host: Host) {
    this.fleet = fleet;
    this.host = host;
    for (const name of ["codedeploy-agent", "codedeploy-local"]) {
      symlinkSync(BINARY, join(fleet.directory, name));
    }
  }

  run(name: "codedeploy-agent" | "codedeploy-local", ...argv: string[]) {
    const env = { ...this.fleet.env, HOST_DIR: this.host.installRoot };
    const cwd = this.fleet.directory;
    return spawnSync(join(cwd, name), argv, { env, cwd, encoding: "utf8", timeout: 60_000 });
  }

  agent(verb: string) {
    const { status, stdout, stderr } = this.run(
      "codedeploy-agent",
      verb,
      "--config",
      this.host.config,
    );
    const pid = /running as PID (\d+)\n$/.exec(stdout)?.[1];
    if (pid !== undefined) this.pids.push(Number(pid));
    return { code: status, out: stdout, err: stderr };
  }

  get pid(): number {
    return this.pids.at(-1) ?? assert.fail("no agent was started");
  }
}

function lives(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== "Z";
}

async function linked(body: (at: Linked) => Promise<void>): Promise<void> {
  const fleet = await Fleet.start(1);
  const [host] = fleet.hosts;
  assert.ok(host);
  const at = new Linked(fleet, host);
  try {
    await fleet.killAgent(host);
    await body(at);
  } finally {
    for (const pid of at.pids) if (lives(pid)) process.kill(pid, "SIGKILL");
    await until("every agent has ended", () => !at.pids.some(lives));
    await fleet.close();
  }
}

test("spec 12.7: codedeploy-agent starts, finds and stops the agent, with its pid file", async () => {
  await linked(async (at) => {
    const run = join(at.fleet.directory, "run");
    const config = readFileSync(at.host.config, "utf8");
    writeFileSync(at.host.config, `${config}\n:pid_dir: ${run}\n`);
    const none = { code: 3, out: "No AWS CodeDeploy agent running\n", err: "" };
    assert.deepEqual(at.agent("status"), none);

    const started = at.agent("start");
    assert.equal(started.code, 0, started.err);
    const runs = `The AWS CodeDeploy agent is running as PID ${at.pid}\n`;
    assert.deepEqual(at.agent("status"), { code: 0, out: runs, err: "" });
    assert.deepEqual(at.agent("start"), { code: 0, out: runs, err: "" });
    const pidFile = join(run, "codedeploy-agent.pid");
    await until("the pid file", () => existsSync(pidFile));
    assert.equal(readFileSync(pidFile, "utf8"), `${at.pid}\n`);
    const before = at.pid;

    const again = at.agent("restart");
    assert.equal(again.code, 0, again.err);
    assert.notEqual(at.pid, before);
    assert.equal(lives(before), false);
    assert.equal(at.agent("stop").code, 0);
    assert.equal(lives(at.pid), false);
    assert.deepEqual(at.agent("status"), none);
    assert.equal(existsSync(pidFile), false);
  });
});

test("spec 12.2: codedeploy-agent refuses to stop while a deployment is under way", async () => {
  await linked(async (at) => {
    const go = join(at.host.installRoot, "go");
    const slow = { ApplicationStart: `until [ -e ${go} ]; do sleep 0.05; done` };
    assert.equal(at.agent("start").code, 0);
    await at.fleet.declare();
    const id = await begin(at.fleet, at.fleet.bundle("v1", version("1", slow)));
    await until(
      "its event",
      () =>
        at.fleet.journal(at.host).some(({ kind, event }) =>
          kind === "event" && event === "ApplicationStart"
        ),
    );
    for (const verb of ["stop", "restart"]) {
      const refused = at.agent(verb);
      assert.equal(refused.code, 1);
      assert.match(refused.err, new RegExp(`^A deployment is already in Progress\n.* ${id} `));
    }
    assert.equal(lives(at.pid), true);
    writeFileSync(go, "");
    assert.equal((await ended(at.fleet, id)).status, "Succeeded");
    // The server knows of the end a moment before the journal says that it does.
    await until("the stop", () => at.agent("stop").code === 0);
    assert.equal(lives(at.pid), false);
  });
});

test("spec 12.7: what ends an agent at its start is told by codedeploy-agent start", async () => {
  await linked((at) => {
    // Its own file says nothing of an on-premises host.
    const config = readFileSync(at.host.config, "utf8")
      .replace(/^:on_premises_config_file:.*$/m, `:on_premises_config_file: ${at.host.config}`);
    writeFileSync(at.host.config, config);
    const failed = at.agent("start");
    assert.notEqual(failed.code, 0);
    assert.match(failed.err, /^The agent ended as soon as it was started\n {2}evidence {2}\S/);
    writeFileSync(at.host.config, ":root_dir: relative\n");
    assert.equal(at.agent("status").code, 4);
    return Promise.resolve();
  });
});

test("spec 12.5: codedeploy-local and codedeploy-agent deploy-local run a bundle here", async () => {
  await linked((at) => {
    const bundle = join(at.fleet.directory, "local");
    mkdirSync(bundle);
    const files = "files:\n  - source: page\n    destination: /srv/local\n";
    writeFileSync(join(bundle, "appspec.yml"), `version: 0.0\nos: linux\n${files}`);
    writeFileSync(join(bundle, "page"), "one");
    const argv = ["-l", bundle, "-c", at.host.config, "-b", "OVERWRITE"];
    const ways = [
      at.run("codedeploy-local", ...argv),
      at.run("codedeploy-agent", "deploy-local", ...argv),
    ];
    for (const { status, stdout, stderr } of ways) {
      assert.equal(status, 0, stderr);
      assert.match(stdout, /\nd-[A-Z0-9]{9}-local succeeded\n$/);
    }
    assert.equal(readFileSync(join(at.host.installRoot, "srv/local/page"), "utf8"), "one");
    for (const flag of ["-v", "--version"]) {
      assert.equal(at.run("codedeploy-local", flag).stdout, `${VERSION}\n`);
      assert.equal(at.run("codedeploy-agent", flag).stdout, `${VERSION}\n`);
    }
    assert.match(at.run("codedeploy-local", "-h").stdout, /--bundle-location/);
    return Promise.resolve();
  });
});
