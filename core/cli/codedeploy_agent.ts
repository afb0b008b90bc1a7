/**
 * The commands of AWS's program `codedeploy-agent`, with its words and exit codes: start, stop,
 * restart and status of an agent that no service manager looks after.
 * @module
 */
import { resolve } from "node:path";
import { z } from "zod";
import { SERVICE_NAME } from "./agent_service.ts";
import { EXIT } from "./exit.ts";
import { Failure, renderReport } from "./failure.ts";
import type { Io } from "./io.ts";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import type { AgentProcess, Daemon, Rooms } from "./rooms.ts";
import { type Verb, verb } from "./verb.ts";

/** AWS's words, by which scripts know the state. */
const NONE = "No AWS CodeDeploy agent running\n";
const running = (pid: number) => `The AWS CodeDeploy agent is running as PID ${pid}\n`;

interface Ground {
  config: string;
  io: Io;
  daemon: Daemon;
}

function command(name: string, summary: string, run: (ground: Ground) => Promise<number>): Verb {
  return verb({
    summary,
    flags: [{ flags: "--config <file>", text: "its configuration", value: DEFAULT_AGENT_CONFIG }],
    examples: [`runtime codedeploy-agent ${name}`],
    input: z.object({ config: z.string().min(1, "a file is wanted") }),
    async run({ config }, io: Io, rooms: Rooms) {
      return await run({ config: resolve(io.cwd, config), io, daemon: await rooms.daemon() });
    },
  });
}

export const start = command("start", "Start this host's agent in the background", launch);

export const stop = command("stop", "Stop the agent, unless a deployment is under way", end);

export const restart = command(
  "restart",
  "Stop the agent as `stop` does, then start it",
  async (ground) => {
    await end(ground);
    return await launch(ground);
  },
);

export const status = command("status", "Say whether an agent runs: 0, 3 or 4", async (ground) => {
  const found = await ground.daemon.findAgent(ground.config);
  if ("failure" in found) {
    ground.io.stderr.write(renderReport(found.failure));
    return EXIT.cannotTell;
  }
  ground.io.stdout.write(found.agent ? running(found.agent.pid) : NONE);
  return found.agent ? EXIT.done : EXIT.notRunning;
});

async function launch({ config, io, daemon }: Ground): Promise<number> {
  const at = await agentAt({ config, daemon });
  if (at) {
    io.stdout.write(running(at.pid));
    return EXIT.done;
  }
  const started = await daemon.launchAgent(config);
  if ("failure" in started) throw new Failure(started.failure);
  io.stdout.write(running(started.pid));
  return EXIT.done;
}

async function end({ config, io, daemon }: Ground): Promise<number> {
  const agent = await agentAt({ config, daemon });
  if (!agent) {
    io.stdout.write(NONE);
    return EXIT.done;
  }
  const next = managerOf(agent.cgroup);
  if (next !== undefined) throw ofAService(agent, next);
  if (agent.deploying.length > 0) throw underWay(agent);
  const ended = await daemon.endAgent(config);
  if ("failure" in ended) throw new Failure(ended.failure);
  if (!ended.ended) throw goesOn(agent);
  io.stdout.write(`The AWS CodeDeploy agent, PID ${agent.pid}, has stopped\n`);
  return EXIT.done;
}

async function agentAt({ config, daemon }: Omit<Ground, "io">): Promise<AgentProcess | undefined> {
  const found = await daemon.findAgent(config);
  if ("failure" in found) throw new Failure(found.failure);
  return found.agent;
}

/** The command that stops our service, when these lines of `/proc/PID/cgroup` are of one. */
export function managerOf(cgroup: string): string | undefined {
  const parts = cgroup.split("\n").flatMap((line) => line.split(/[:/]/));
  if (parts.includes(`${SERVICE_NAME}.service`)) return `systemctl stop ${SERVICE_NAME}`;
  if (parts.includes(`openrc.${SERVICE_NAME}`)) return `rc-service ${SERVICE_NAME} stop`;
  return undefined;
}

function ofAService({ pid }: AgentProcess, next: string): Failure {
  return new Failure({
    exitCode: EXIT.failed,
    cause: "This agent belongs to the service manager, which would start it again",
    evidence: [`/proc/${pid}/cgroup names the service ${SERVICE_NAME}`],
    state: "the agent goes on",
    next: [next, next.replace("stop", "restart")],
  });
}

function underWay({ pid, deploying }: AgentProcess): Failure {
  return new Failure({
    exitCode: EXIT.failed,
    cause: "A deployment is already in Progress",
    evidence: deploying.map((id) => `${id} has begun and not ended`),
    state: `the agent, process ${pid}, goes on`,
    next: ["wait for its end: runtime agent status", `or end it at an event's end: kill ${pid}`],
  });
}

function goesOn({ pid }: AgentProcess): Failure {
  return new Failure({
    exitCode: EXIT.failed,
    cause: `The agent, process ${pid}, has not ended in time`,
    evidence: ["it was sent SIGTERM, and :kill_agent_max_wait_time_seconds: are over"],
    state: "it takes no new order, and ends after the running event",
    next: ["runtime codedeploy-agent status", `kill -9 ${pid}`],
  });
}
