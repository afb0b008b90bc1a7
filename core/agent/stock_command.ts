/**
 * Commands of a server that speaks CodeDeploy's protocol and no more (spec 12.2): one lifecycle event
 * each, in the order poll, specification, acknowledgement, event, completion. A command becomes an
 * order of one event, so that journal, board and host are those of every order.
 *
 * Nothing in a command is signed but its specification. An identifier is taken once, by the journal;
 * that no more than this protects against a replay is why a host has to ask for it, by pinning a signer.
 * @module
 */
import { X509Certificate } from "node:crypto";
import { type Diagnostics, LifecycleEventName, SERVER_EVENTS } from "../domain/lifecycle_event.ts";
import type { DeploymentSpecification, HostCommand, Order } from "../wire/agent_protocol.ts";
import { Backoff, pause } from "./backoff.ts";
import type { OrderEnd } from "./completion.ts";
import { type Host, SUCCEEDED, unknownError } from "./host.ts";
import type { JournalState } from "./journal_record.ts";
import { log } from "./log.ts";
import type { OrderBoard } from "./order_board.ts";
import { isClientException, type ServerLink } from "./server_link.ts";

export interface CommandContext {
  hostIdentifier: string;
  /** Certificates that may sign a specification, or issue one that does. */
  signers: readonly X509Certificate[];
  link: ServerLink;
  journal: JournalState;
  board: OrderBoard;
  stopping: AbortSignal;
}

/** The certificates of a PEM text. Throws what the parser says. */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error("there is no certificate in PEM");
  return blocks.map((block) => new X509Certificate(block));
}

/**
 * Takes a command that may be carried out, ends one that may not. Rejects when the server cannot be
 * reached: it hands the command out again.
 */
export async function takeCommand(
  command: HostCommand,
  context: CommandContext,
): Promise<"obeyed" | "refused"> {
  const { HostCommandIdentifier: commandId, HostIdentifier: host, CommandName: name } = command;
  const { hostIdentifier, journal, board } = context;
  if (host === "" || !hostIdentifier.includes(host) || name === "") {
    log.warn("a command was ignored: it is {name} for {host}, and this is {own}", {
      name: name || "nameless",
      host: host || "no host",
      own: hostIdentifier,
    });
    return "refused";
  }
  if (journal.unreported.has(commandId) || journal.reported.has(commandId)) {
    await board.repeat({ commandId, isCommand: true });
    return "obeyed";
  }
  const event = LifecycleEventName.safeParse(name);
  if (!event.success || SERVER_EVENTS.has(event.data)) return await refuseName(command, context);
  let specification: DeploymentSpecification;
  try {
    specification = await specificationOf(command, context);
  } catch (error) {
    // A server that cannot be reached has not refused anything, nor have we.
    if (!(error instanceof CommandRefused) && !isClientException(error)) throw error;
    return await fail(command, error instanceof Error ? error.message : String(error), context);
  }
  await board.take(orderOf(command, event.data, specification));
  return "obeyed";
}

/** A command that must not be carried out. */
class CommandRefused extends Error {
  override readonly name = "CommandRefused";
}

async function specificationOf(
  { DeploymentExecutionId }: HostCommand,
  { link, signers, stopping }: CommandContext,
): Promise<DeploymentSpecification> {
  if (signers.length === 0) {
    throw new CommandRefused(
      "This server gives commands that it does not sign itself, and no signer is pinned here. Set " +
        ":order_signer_certificate: in codedeployagent.yml to the certificate that signs its " +
        "deployment specifications, or to the authority that issued it",
    );
  }
  const output = await link.specification(DeploymentExecutionId, stopping);
  const { specificationIn } = await import("./stock_specification.ts");
  try {
    return specificationIn(output, signers, Date.now());
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandRefused(`The deployment specification was refused: ${why}`, { cause });
  }
}

/** An order as the board knows it; its number says nothing, so that it bars no signed order. */
function orderOf(
  { HostCommandIdentifier, HostIdentifier }: HostCommand,
  event: LifecycleEventName,
  specification: DeploymentSpecification,
): Order {
  const now = Date.now();
  return {
    commandId: HostCommandIdentifier,
    hostIdentifier: HostIdentifier,
    nonce: 0,
    issuedAt: now,
    expiresAt: now,
    events: [event],
    ignoreFailuresOf: [],
    specification,
    isCommand: true,
  };
}

/** To AWS's agent a command that it does not know is a no-op, until it is to be carried out. */
async function refuseName(
  command: HostCommand,
  context: CommandContext,
): Promise<"obeyed" | "refused"> {
  const { HostCommandIdentifier: commandId, CommandName: name } = command;
  const answer = await context.link.acknowledge(
    commandId,
    { IsCommandNoop: true },
    context.stopping,
  );
  if (answer === "Succeeded") return "obeyed";
  if (answer !== "Failed") {
    return await fail(command, `Unsupported command type: ${name}.`, context);
  }
  const end = { ...COMPLETED_NOOP, events: [], log_lines: [] };
  await context.link.complete({ commandId, isCommand: true }, "Succeeded", end, context.stopping);
  return "obeyed";
}

/** Failed with code 5 and without an acknowledgement, as AWS's agent ends what it cannot begin. */
async function fail(
  { HostCommandIdentifier: commandId }: HostCommand,
  message: string,
  { link, stopping }: CommandContext,
): Promise<"refused"> {
  log.error("{commandId} is not carried out: {message}", { commandId, message });
  const end = { ...unknownError(message), events: [], log_lines: [] };
  await link.complete({ commandId, isCommand: true }, "Failed", end, stopping);
  return "refused";
}

const COMPLETED_NOOP: Diagnostics = { ...SUCCEEDED, message: "Succeeded: CompletedNoopCommand" };

/** What follows from an acknowledgement's answer. */
export type Acknowledged =
  | { kind: "run" }
  /** The server does not wait for an end. */
  | { kind: "dropped" }
  | { kind: "ended"; end: OrderEnd }
  | { kind: "stopping" };

/**
 * Acknowledges a command that is in the journal, saying whether it has scripts to run. Told again
 * until it is answered; never rejects.
 */
export async function acknowledgeCommand(
  order: Order,
  { host, link, stopping }: { host: Host; link: ServerLink; stopping: AbortSignal },
): Promise<Acknowledged> {
  const { commandId, events } = order;
  const [event] = events;
  let isNoop: boolean;
  try {
    isNoop = event !== undefined && await host.isNoop?.(event, order) === true;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "ended", end: commandEnd("Failed", unknownError(message)) };
  }
  const backoff = new Backoff();
  while (!stopping.aborted) {
    try {
      const answer = await link.acknowledge(commandId, { IsCommandNoop: isNoop }, stopping);
      if (answer === "Succeeded") return { kind: "dropped" };
      if (answer !== "Failed") return { kind: "run" };
      return isNoop
        ? { kind: "ended", end: commandEnd("Succeeded", COMPLETED_NOOP) }
        : { kind: "dropped" };
    } catch (error) {
      if (stopping.aborted) break;
      log.warn("{commandId} is not acknowledged yet: {error}", {
        commandId,
        error: String(error),
      });
      await pause(backoff.next(), stopping);
    }
  }
  return { kind: "stopping" };
}

function commandEnd(status: OrderEnd["status"], diagnostics: Diagnostics): OrderEnd {
  return { status, completion: { ...diagnostics, events: [], log_lines: [] } };
}
