/**
 * An agent at work: what `runAgent` starts and a test can start without a process of its own.
 * @module
 */
import { createPublicKey, type KeyObject, type X509Certificate } from "node:crypto";
import { join } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";
import type { AgentConfig } from "./config.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import type { Host } from "./host.ts";
import { Journal } from "./journal.ts";
import { lockRoot } from "./lock.ts";
import { OrderBoard } from "./order_board.ts";
import { pollUntilStopped } from "./poll.ts";
import { Reboots } from "./reboot.ts";
import { ServerLink } from "./server_link.ts";
import type { Turn } from "./service_notice.ts";
import { certificatesIn } from "./stock_command.ts";

export interface AgentHooks {
  host: Host;
  /** The server has answered for the first time. */
  onConnected(): void;
  /** There was nothing to do, and there is no order under way. */
  onIdle?(): void;
  /** The server has answered a poll, or has not. */
  onTurn?(turn: Turn): void;
  /** Where to read which boot of the machine this is; the kernel's own file without. */
  bootIdFile?: string;
}

export interface Agent {
  /** Takes no more orders and waits for running events, as long as the configuration says. */
  stop(): Promise<void>;
}

/**
 * Locks the root, opens the journal, goes on with what it says, and polls. Throws RootInUse,
 * JournalError, AgentFailure.
 */
export async function startAgent(config: AgentConfig, hooks: AgentHooks): Promise<Agent> {
  const { hostIdentifier } = config.identity;
  const { serverPublicKey: key, orderSignerCertificate: pem } = config;
  const serverKey = key === undefined ? undefined : pinnedKey(key);
  const signers = pem === undefined ? [] : pinnedSigners(pem);
  const unlock = await lockRoot(config.rootDir);
  let journal: Journal;
  try {
    journal = await Journal.open(join(config.rootDir, "journal.jsonl"));
  } catch (error) {
    await unlock();
    throw error;
  }
  const stopping = new AbortController();
  const leaving = new AbortController();
  const link = new ServerLink(config);
  const { bootIdFile } = hooks;
  const reboots = new Reboots({ command: config.rebootCommand, bootIdFile });
  const board = new OrderBoard({
    host: hooks.host,
    journal,
    reboots,
    link,
    maxParallelDeployments: config.maxParallelDeployments,
    stopping: stopping.signal,
    leaving: leaving.signal,
  });
  reboots.onGivenUp = () => board.resume();
  board.resume();
  const polling = pollUntilStopped({
    link,
    gate: serverKey && { serverKey, hostIdentifier },
    commands: {
      hostIdentifier,
      signers,
      link,
      journal: journal.state,
      board,
      stopping: stopping.signal,
    },
    journal: journal.state,
    board,
    waitBetweenRunsMs: config.waitBetweenRunsMs,
    waits: config,
    stopping: stopping.signal,
    onConnected: hooks.onConnected,
    onIdle: () => hooks.onIdle?.(),
    onTurn: (turn) => hooks.onTurn?.(turn),
  });
  return {
    async stop() {
      stopping.abort();
      const timer = setTimeout(() => leaving.abort(), config.stopWaitMs);
      await polling;
      await Promise.race([board.idle(), aborted(leaving.signal)]);
      clearTimeout(timer);
      await journal.close();
      await unlock();
    },
  };
}

function pinnedKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new AgentFailure({
      exitCode: EXIT.usage,
      cause: "The pinned key of the server, :server_public_key:, is not a public key",
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "the agent has not started",
      next: "join this host again: runtime agent join URL --token TOKEN --name NAME",
    }, { cause });
  }
}

function pinnedSigners(pem: string): X509Certificate[] {
  try {
    return certificatesIn(pem);
  } catch (cause) {
    throw new AgentFailure({
      exitCode: EXIT.usage,
      cause: "The pinned signer, :order_signer_certificate:, is not a certificate",
      evidence: cause instanceof Error ? cause.message : String(cause),
      state: "the agent has not started",
      next: "name the certificate, in PEM, that signs the server's deployment specifications",
    }, { cause });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
