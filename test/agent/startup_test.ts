/** `runtime agent` as a process: what keys of its configuration do to it and around it. @module */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { pauseAfter } from "../../core/agent/poll_pause.ts";
import { Backoff } from "../../core/agent/backoff.ts";
import { ServerLink } from "../../core/agent/server_link.ts";
import { POLL_WAIT_SECONDS } from "../../core/wire/agent_protocol.ts";
import { ApiError, UnreachableError } from "../../core/wire/aws_json.ts";
import { deploy } from "./revision_on_stage.ts";
import { onStage, order, type Stage, until } from "./stage.ts";

const main = join(import.meta.dirname ?? "", "../../main.ts");

interface Running {
  child: ChildProcess;
  out(): string;
  err(): string;
  /** Ends it and answers its exit code. */
  stop(): Promise<number | null>;
}

async function startAgent(
  stage: Stage,
  lines: string,
  environment: Record<string, string> = {},
): Promise<Running> {
  await appendFile(stage.config, lines);
  const installRoot = join(stage.folder, "machine");
  const flags = ["--config", stage.config, "--install-root", installRoot];
  const child = spawn(
    process.execPath,
    ["run", "-A", "--no-check", "--quiet", main, "agent", ...flags],
    { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] },
  );
  stage.processes.push(child);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (part) => out += part);
  child.stderr?.on("data", (part) => err += part);
  await until(() => out.includes("polling") || child.exitCode !== null, "the agent to poll");
  return {
    child,
    out: () => out,
    err: () => err,
    async stop() {
      const gone = once(child, "exit");
      if (child.exitCode === null && child.pid !== undefined) {
        // With `child.kill`, Deno tells of an end by that signal however the process ends.
        process.kill(child.pid, "SIGTERM");
        await gone;
      }
      return child.exitCode;
    },
  };
}

/** A bundle whose BeforeInstall is this script. */
async function bundleOf(stage: Stage, name: string, script: string): Promise<Uint8Array> {
  const folder = join(stage.folder, name);
  await mkdir(folder);
  const appSpec = "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: hook.sh\n";
  await writeFile(join(folder, "appspec.yml"), appSpec);
  await writeFile(join(folder, "hook.sh"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const file = join(stage.folder, `${name}.tgz`);
  const made = spawnSync("tar", ["czf", file, "-C", folder, "."]);
  assert.equal(made.status, 0, String(made.stderr));
  return await readFile(file);
}

test("spec 11.2 :pid_dir: and :program_name: hold the agent's process id while it runs", async () => {
  await onStage(async (stage) => {
    const pids = join(stage.folder, "pids");
    const agent = await startAgent(stage, `:pid_dir: ${pids}/\n:program_name: deployer\n`);
    const file = join(pids, "deployer.pid");
    await until(() => existsSync(file), "the file");
    assert.equal(readFileSync(file, "utf8"), `${agent.child.pid}\n`);
    assert.equal(await agent.stop(), 0);
    assert.deepEqual(await readdir(pids), []);
  });
});

test("a :pid_dir: that cannot be written ends the start in four parts", async () => {
  await onStage(async (stage) => {
    await writeFile(join(stage.folder, "file"), "");
    const agent = await startAgent(stage, `:pid_dir: ${stage.folder}/file\n`);
    await until(() => agent.child.exitCode !== null, "the end");
    assert.equal(agent.child.exitCode, 1);
    assert.match(agent.err(), /codedeploy-agent\.pid, cannot be written\n +evidence .*\n +state/);
  });
});

test("spec 11.2 an unknown key is named on stderr, in the log and by `runtime agent status`", async () => {
  await onStage(async (stage) => {
    const agent = await startAgent(stage, ":max_revision: 3\n");
    const warning =
      /codedeployagent\.yml, line \d+: :max_revision: .* did you mean max_revisions\?/;
    assert.match(agent.err(), warning);
    const log = await readFile(join(stage.root, "agent-logs/codedeploy-agent.log"), "utf8");
    assert.match(log, warning);
    const status = spawnSync(
      process.execPath,
      ["run", "-A", "--no-check", "--quiet", main, "agent", "status", "--config", stage.config],
      { encoding: "utf8" },
    );
    assert.equal(status.status, 0, status.stderr);
    assert.match(status.stderr, /^warning: /);
    assert.match(status.stderr, warning);
    assert.equal(await agent.stop(), 0);
  });
});

test("spec 11.2 :verbose: logs what the agent begins and ends", async () => {
  for (const verbose of [true, false]) {
    await onStage(async (stage) => {
      const agent = await startAgent(stage, `:verbose: ${verbose}\n`);
      const given = deploy(stage, "one", await bundleOf(stage, "one", "exit 0"));
      stage.server.give(given);
      assert.equal((await stage.end(given.commandId)).status, "Succeeded");
      assert.equal(await agent.stop(), 0);
      const log = await readFile(join(stage.root, "agent-logs/codedeploy-agent.log"), "utf8");
      assert.equal(/d-one: BeforeInstall begins/.test(log), verbose);
    });
  }
});

const keys = { AWS_ACCESS_KEY_ID: "AKIASHELL", AWS_SECRET_ACCESS_KEY: "s" };
const profiles: [profile: string, seen: string][] = [["prod", "none"], ["beta", "AKIASHELL"]];
for (const [profile, seen] of profiles) {
  test(`spec 11.2 :codedeploy_test_profile: ${profile}: scripts find ${seen} for AWS_ACCESS_KEY_ID`, async () => {
    await onStage(async (stage) => {
      const agent = await startAgent(stage, `:codedeploy_test_profile: ${profile}\n`, keys);
      const script = `echo \${AWS_ACCESS_KEY_ID:-none} >>${stage.ran}`;
      const given = deploy(stage, "one", await bundleOf(stage, "one", script));
      stage.server.give(given);
      assert.equal((await stage.end(given.commandId)).status, "Succeeded");
      assert.deepEqual(stage.lines(), [seen]);
      assert.equal(await agent.stop(), 0);
    });
  });
}

test("spec 11.2 :ongoing_deployment_tracking: has a file for the deployment whose event runs", async () => {
  await onStage(async (stage) => {
    const folder = join(stage.root, "busy");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "d-crashed"), "left by a crash");
    const yesterday = new Date(Date.now() - 86_400_000);
    await utimes(join(folder, "d-crashed"), yesterday, yesterday);
    const agent = await startAgent(stage, ":ongoing_deployment_tracking: busy\n");
    const script = `ls ${folder} >>${stage.ran}; cat ${folder}/d-one >>${stage.ran}`;
    const given = deploy(stage, "one", await bundleOf(stage, "one", script));
    stage.server.give(given);
    assert.equal((await stage.end(given.commandId)).status, "Succeeded");
    assert.deepEqual(stage.lines(), ["d-one", given.commandId]);
    assert.deepEqual(await readdir(folder), []);
    assert.equal(await agent.stop(), 0);
  });
});

const timeouts: [seconds: number, held: number][] = [[80, 55], [20, 14], [1, 0.7]];
for (const [seconds, held] of timeouts) {
  test(`trap 41: with :http_read_timeout: ${seconds} a poll is held ${held} seconds at most`, async () => {
    await onStage(async (stage) => {
      await appendFile(stage.config, `:http_read_timeout: ${seconds}\n`);
      const link = new ServerLink(await readConfig(stage.config));
      // Something to answer, so that the poll ends at once.
      stage.server.give(order());
      await link.poll([], POLL_WAIT_SECONDS, new AbortController().signal);
      assert.deepEqual(stage.server.polls.map(({ WaitSeconds }) => WaitSeconds), [held]);
    });
  });
}

const SERVER = "http://server";
const waits: [kind: string, error: unknown, longest: number][] = [
  ["wait_after_throttle_error: throttled", new ApiError("ThrottlingException", 400, ""), 60_000],
  ["wait_after_throttle_error: HTTP 429", new ApiError("HTTP 429", 429, ""), 60_000],
  ["wait_after_error: refused", new ApiError("AccessDeniedException", 400, ""), 30_000],
  ["wait_after_error: anything else", new SyntaxError("not JSON"), 30_000],
  ["wait_after_connection_problem: no answer", new UnreachableError(SERVER, "refused"), 5_000],
  [
    "wait_after_connection_problem: too late",
    new DOMException("late", "TimeoutError"),
    5_000,
  ],
];
for (const [kind, error, longest] of waits) {
  test(`spec 11.2 ${kind} comes to ${longest / 1000} seconds, and not beyond`, () => {
    const backoff = new Backoff(() => 0);
    const config = {
      waitAfterErrorMs: 30_000,
      waitAfterThrottleMs: 60_000,
      waitAfterConnectionProblemMs: 5_000,
    };
    const pauses = Array.from({ length: 12 }, () => pauseAfter(error, backoff, config));
    assert.equal(pauses.at(-1), longest);
    assert.equal(Math.max(...pauses), longest);
    const throttled = longest === 60_000;
    assert.equal(pauses[0], throttled ? 60_000 : 200, "a server that comes back is found soon");
  });
}
