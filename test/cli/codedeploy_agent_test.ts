import assert from "node:assert/strict";
import { test } from "node:test";
import { managerOf } from "../../core/cli/codedeploy_agent.ts";
import type { AgentProcess, Daemon } from "../../core/cli/rooms.ts";
import { runtime } from "./stand_in.ts";

const idle: AgentProcess = { pid: 4711, cgroup: "0::/user.slice\n", deploying: [] };
const busy = { ...idle, deploying: ["d-000000001"] };
const served = { ...idle, cgroup: "0::/system.slice/runtime-agent.service\n" };
const failure = { exitCode: 2, cause: "no file", evidence: ["x"], state: "y", next: ["z"] };

/** What it was told to do, in order; `ends` says whether the agent ends in time. */
function room(agent: AgentProcess | undefined | "unknown", { ends }: { ends: boolean }) {
  const done: string[] = [];
  let at = agent;
  const daemon: Daemon = {
    findAgent: () => Promise.resolve(at === "unknown" ? { failure } : { agent: at }),
    launchAgent(config) {
      done.push(`start ${config}`);
      return Promise.resolve({ pid: 4712 });
    },
    endAgent() {
      done.push("end");
      if (ends) at = undefined;
      return Promise.resolve({ ended: ends });
    },
  };
  return { done, rooms: { daemon: () => Promise.resolve(daemon) } };
}

const none = "No AWS CodeDeploy agent running\n";
const runs = (pid: number) => `The AWS CodeDeploy agent is running as PID ${pid}\n`;
const stopped = "The AWS CodeDeploy agent, PID 4711, has stopped\n";
const usual = "/etc/codedeploy-agent/conf/codedeployagent.yml";

const table: [
  words: string,
  agent: AgentProcess | undefined | "unknown",
  expected: { code: number; out?: string; err?: RegExp; done?: string[] },
][] = [
  ["status", idle, { code: 0, out: runs(4711) }],
  ["status", undefined, { code: 3, out: none }],
  ["status", "unknown", { code: 4, err: /^no file\n/ }],
  ["start", undefined, { code: 0, out: runs(4712), done: [`start ${usual}`] }],
  ["start --config c.yml", undefined, { code: 0, out: runs(4712), done: ["start /c.yml"] }],
  ["start", idle, { code: 0, out: runs(4711) }],
  ["start", "unknown", { code: 2, err: /^no file\n/ }],
  ["stop", idle, { code: 0, out: stopped, done: ["end"] }],
  ["stop", undefined, { code: 0, out: none }],
  ["stop", busy, {
    code: 1,
    err: /^A deployment is already in Progress\n {2}evidence {2}d-000000001 /,
  }],
  ["stop", served, { code: 1, err: /service manager.*\n.*\n.*\n {2}next +systemctl stop / }],
  ["restart", idle, { code: 0, out: stopped + runs(4712), done: ["end", `start ${usual}`] }],
  ["restart", undefined, { code: 0, out: none + runs(4712), done: [`start ${usual}`] }],
  ["restart", busy, { code: 1, err: /^A deployment is already in Progress\n/ }],
];
for (const [words, agent, { code, out = "", err = /^$/, done = [] }] of table) {
  const state = agent === "unknown"
    ? "who cannot tell"
    : agent === undefined
    ? "without an agent"
    : agent === busy
    ? "during a deployment"
    : agent === served
    ? "of our service"
    : "with an agent";
  test(`spec 12.7 codedeploy-agent ${words} ${state} exits with ${code}`, async () => {
    const stage = room(agent, { ends: true });
    const ran = await runtime(["codedeploy-agent", ...words.split(" ")], undefined, stage);
    assert.deepEqual({ code: ran.code, out: ran.out, done: stage.done }, { code, out, done });
    assert.match(ran.err, err);
  });
}

test("an agent that does not end in time fails the stop, and restart starts no second one", async () => {
  const stage = room(idle, { ends: false });
  const ran = await runtime(["codedeploy-agent", "restart"], undefined, stage);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /^The agent, process 4711, has not ended in time\n/);
  assert.deepEqual(stage.done, ["end"]);
});

const cgroups: [lines: string, next: string | undefined][] = [
  ["0::/system.slice/runtime-agent.service\n", "systemctl stop runtime-agent"],
  [
    "12:pids:/x\n1:name=systemd:/system.slice/runtime-agent.service\n",
    "systemctl stop runtime-agent",
  ],
  ["0::/openrc.runtime-agent\n", "rc-service runtime-agent stop"],
  ["0::/system.slice/codedeploy-agent.service\n", undefined],
  ["0::/system.slice/not-runtime-agent.service\n", undefined],
  ["", undefined],
];
for (const [lines, next] of cgroups) {
  test(`a process of ${JSON.stringify(lines)} is stopped by ${next ?? "a signal"}`, () => {
    assert.equal(managerOf(lines), next);
  });
}
