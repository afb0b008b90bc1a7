/**
 * The agent's side of the server: what a host may ask and say (spec 12.2). Each function is one
 * operation of the command service, called with its parsed input and the host that signed.
 *
 * A host is who its key says it is: the HostIdentifier must be the ARN its access key belongs to, and
 * a command's identifier names the host it was given to, so that one host cannot speak for another.
 * @module
 */
import type { KeyObject } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import type { z } from "zod";
import { DomainError } from "../domain/errors.ts";
import type { Engine } from "../engine/engine.ts";
import { parseCommandId } from "../engine/order.ts";
import {
  type AcknowledgeInput,
  type CompleteInput,
  Completion,
  type PollInput,
  type PollOutput,
  Progress,
  type RefuseInput,
  RUN_COMMAND,
  type StatusOutput,
  type UpdateInput,
} from "../wire/agent_protocol.ts";
import { signOrder } from "../wire/order_signature.ts";
import { diagnosticsIn } from "./command_payload.ts";
import { acknowledgeStockCommand, completeStockCommand, parseStockCommand } from "./stock_agent.ts";

/** The registered host behind the key that signed a request. */
export interface CallingHost {
  name: string;
  /** The ARN it registered with; what it sends as HostIdentifier. */
  identifier: string;
}

export interface HostService {
  engine: Engine;
  orderKey: KeyObject;
  /** Puts a specification into the envelope of AWS's own agent. */
  seal(text: string): Promise<string>;
  /** Region and account of a DeploymentExecutionId. */
  realm: { region: string; account: string };
  /** Milliseconds since the epoch. */
  now(): number;
}

/** PollHostCommand of our own agent: waits for an order, hands it out signed. */
export async function pollHostCommand(
  service: HostService,
  host: CallingHost,
  input: PollInput,
  signal: AbortSignal,
): Promise<PollOutput> {
  const handout = await service.engine.hosts.poll({
    host: host.name,
    running: new Set(input.Running ?? []),
    waitMs: (input.WaitSeconds ?? 0) * 1000,
    signal,
  });
  const cancel = handout.cancel.length > 0 ? { Cancel: handout.cancel } : {};
  const order = handout.commandId && service.engine.hosts.order(handout.commandId, host.identifier);
  if (!order) return cancel;
  const { region, account } = service.realm;
  const { DeploymentId, DeploymentGroupId } = order.specification;
  return {
    ...cancel,
    HostCommand: {
      HostCommandIdentifier: order.commandId,
      HostIdentifier: host.identifier,
      DeploymentExecutionId: `${region}/${account}/${DeploymentGroupId}/${DeploymentId}`,
      CommandName: RUN_COMMAND,
      Nonce: order.nonce,
    },
    Order: signOrder(order, service.orderKey),
  };
}

/** PutHostCommandAcknowledgement: the host has taken the order. */
export async function acknowledge(
  service: HostService,
  host: CallingHost,
  input: z.infer<typeof AcknowledgeInput>,
): Promise<z.infer<typeof StatusOutput>> {
  const stock = parseStockCommand(input.HostCommandIdentifier);
  if (stock) {
    ownCommand(host, stock.orderId);
    return await acknowledgeStockCommand(service, stock, input);
  }
  const commandId = ownCommand(host, input.HostCommandIdentifier);
  return { CommandStatus: await service.engine.hosts.report(commandId, { kind: "taken" }) };
}

/** PostHostCommandUpdate: events that changed and lines that hooks printed, on the way. */
export async function update(
  service: HostService,
  host: CallingHost,
  input: z.infer<typeof UpdateInput>,
): Promise<z.infer<typeof StatusOutput>> {
  const commandId = ownCommand(host, input.HostCommandIdentifier);
  const { events, log, mark } = diagnosticsIn(Progress, input.Diagnostics?.Payload ?? "{}");
  const report = { kind: "progress", events } as const;
  const marked = mark && { ...mark, lines: log.length };
  return { CommandStatus: await service.engine.hosts.report(commandId, report, log, marked) };
}

/** PutHostCommandComplete: the end of an order; repeating it changes nothing. */
export async function complete(
  service: HostService,
  host: CallingHost,
  input: z.infer<typeof CompleteInput>,
): Promise<Record<string, never>> {
  const said = diagnosticsIn(Completion, input.Diagnostics?.Payload ?? '{"error_code":0}');
  const stock = parseStockCommand(input.HostCommandIdentifier);
  if (stock) {
    ownCommand(host, stock.orderId);
    await completeStockCommand(service, stock, input, said);
    return {};
  }
  const commandId = ownCommand(host, input.HostCommandIdentifier);
  await service.engine.hosts.report(
    commandId,
    {
      kind: "completed",
      succeeded: input.CommandStatus === "Succeeded",
      events: said.events,
      failure: { code: said.error_code, message: said.message },
    },
    said.log_lines,
    said.sent_before,
  );
  return {};
}

/**
 * ReportRefusedOrder: the host does not carry an order out, and says why. Everybody who reads the log
 * learns of it; the order itself ends only if it is this host's own and was not begun.
 */
export async function refuseOrder(
  { engine }: HostService,
  host: CallingHost,
  { HostCommandIdentifier: id, Reason, Message }: RefuseInput,
): Promise<Record<string, never>> {
  const isOwn = id !== undefined && parseCommandId(id)?.host === host.name;
  const ended = isOwn && await engine.hosts.refuse(id, `${Message} (${Reason})`);
  getLogger(["runtime", "api"]).warn(
    "{host} refused the order {id} as {reason}: {said}; {effect}",
    {
      host: host.name,
      id: id ?? "without an id",
      reason: Reason,
      said: Message,
      effect: ended ? "its events failed" : "no order of this host waits under that id",
    },
  );
  return {};
}

/** Throws AccessDenied when a host asks in another's name. */
export function ownIdentifier(host: CallingHost, identifier: string): void {
  if (identifier !== host.identifier) throw notYours("HostIdentifier", host);
}

function ownCommand(host: CallingHost, id: string): string {
  const at = parseCommandId(id);
  if (!at) {
    throw new DomainError(
      "ClientException",
      "HostCommandIdentifier",
      `"${id}" is not a command of this server`,
    );
  }
  if (at.host !== host.name) throw notYours("HostCommandIdentifier", host);
  return id;
}

function notYours(field: string, host: CallingHost): DomainError {
  return new DomainError(
    "AccessDeniedException",
    field,
    `${field} names another host; the key that signed belongs to ${host.name}`,
  );
}
