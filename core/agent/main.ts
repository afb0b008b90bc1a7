/**
 * `runtime agent`: reads the configuration, starts the agent, and stops it gracefully on SIGTERM or
 * SIGINT; a second signal ends it at once. Whatever unpacks, installs or runs scripts is loaded with
 * the first order, so that an idle agent stays small.
 * @module
 */
import process from "node:process";
import { setTimeout } from "node:timers";
import { releaseIdleMemory } from "../platform.ts";
import { startAgent } from "./agent.ts";
import { type AgentConfig, readConfig, type Settings } from "./config.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import type { Host } from "./host.ts";
import { JournalError } from "./journal.ts";
import { RootInUse } from "./lock.ts";
import { log, openLog } from "./log.ts";
import { clearOngoing, tracked } from "./ongoing_deployments.ts";
import { writePidFile } from "./pid_file.ts";
import { ServiceNotice, takeServiceManager } from "./service_notice.ts";
import { checkTls } from "./tls_check.ts";

/** Milliseconds. */
const AFTER_POLL = 1_000;

/** Runs until it is told to stop; answers the exit code. */
export async function runAgent(
  options: { config: string; settings?: Settings },
): Promise<number> {
  try {
    const config = await readConfig(options.config, options.settings);
    const closeLog = await openAgentLog(config);
    for (const warning of config.warnings) log.warn("{warning}", { warning });
    if (config.testProfile === "prod") dropEnvironmentKeys();
    try {
      await serveOrders(config);
    } finally {
      await closeLog();
    }
    return EXIT.done;
  } catch (error) {
    const failure = asFailure(error, options.config);
    if (!failure) throw error;
    process.stderr.write(failure.render());
    return failure.parts.exitCode;
  }
}

async function serveOrders(config: AgentConfig): Promise<void> {
  const { name } = config.identity;
  const told = stopSignal();
  const notice = new ServiceNotice(takeServiceManager(), longestTurnMs(config));
  await Promise.race([checkTls(config), told]);
  const startedAt = Date.now();
  const agent = await startAgent(config, {
    host: tracked(lazyHost(config), config),
    onConnected() {
      process.stdout.write(`agent ${name} polling ${config.endpoint}\n`);
      log.info("agent {name} polling {url}", { name, url: config.endpoint });
    },
    onTurn: (turn) => notice.turned(turn, config.endpoint),
    // When the next poll is out: asking touches what was given back before.
    onIdle: () => void setTimeout(releaseIdleMemory, AFTER_POLL).unref(),
  });
  let removePidFile: (() => Promise<void>) | undefined;
  try {
    await clearOngoing(config, startedAt);
    if (config.pidFile !== undefined) removePidFile = await writePidFile(config.pidFile);
    notice.started(config.endpoint);
    await told;
    notice.stopping();
    log.info("stopping: no new orders; running events end first");
  } finally {
    await agent.stop();
    // An init script that waits for it to go waits for the running event, too.
    await removePidFile?.();
    notice.end();
  }
  log.info("stopped");
}

/** Requests of one turn: the poll, and what a command needs before it is taken. */
const REQUESTS_A_TURN = 4;

/** The longest a turn of the poll loop takes by its configuration, in milliseconds, and then some. */
function longestTurnMs(config: AgentConfig): number {
  const waits = [
    config.waitBetweenRunsMs,
    config.waitAfterErrorMs,
    config.waitAfterThrottleMs,
    config.waitAfterConnectionProblemMs,
  ];
  return REQUESTS_A_TURN * config.readTimeoutMs + 2 * Math.max(...waits) + 60_000;
}

/** Keys of somebody's shell are not the host's, and no script is to find them (spec 11.2). */
function dropEnvironmentKeys(): void {
  for (const key of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
    delete process.env[key];
  }
}

/** The code that touches the machine, loaded when it is first needed. */
function lazyHost(config: AgentConfig): Host {
  let loaded: Promise<Host> | undefined;
  const host = () => loaded ??= import("./lifecycle.ts").then(({ machine }) => machine(config));
  return {
    run: async (event, order, context) => await (await host()).run(event, order, context),
    afterHooks: {
      keepOutcome: async (order, outcome) =>
        await (await host()).afterHooks?.keepOutcome(order, outcome),
      find: async (hook, order, outcome) =>
        await (await host()).afterHooks?.find(hook, order, outcome),
    },
    isNoop: async (event, order) => await (await host()).isNoop?.(event, order) ?? false,
  };
}

/** Settles with the first SIGTERM or SIGINT; the second gets its usual effect. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
      resolve();
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}

async function openAgentLog(config: AgentConfig): Promise<() => Promise<void>> {
  try {
    return await openLog(config.logDir, config.verbose ? "debug" : "info");
  } catch (cause) {
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: "The agent's log cannot be written",
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "the agent has not started",
      next: "run the agent as a user who may write there, or change :log_dir: in its configuration",
    }, { cause });
  }
}

function asFailure(error: unknown, configFile: string): AgentFailure | undefined {
  if (error instanceof AgentFailure) return error;
  const state = "the agent has not started";
  if (error instanceof RootInUse) {
    return new AgentFailure({
      exitCode: EXIT.failed,
      cause: "Another agent is at work here",
      evidence: error.message,
      state,
      next:
        `stop it first (kill ${error.pid}), or give this one another :root_dir: in ${configFile}`,
    });
  }
  if (error instanceof JournalError) {
    return new AgentFailure({
      exitCode: EXIT.failed,
      cause: "The agent's journal cannot be used",
      evidence: error.message,
      state: `${state}, so that nothing is run twice`,
      next:
        "mend that line or, if no deployment was under way, move the journal away; then start it",
    });
  }
  return undefined;
}
