/**
 * The command service as AWS's own agent speaks it (spec 12.2): one command is one lifecycle event,
 * in the order poll, specification, acknowledgement, completion. To the engine it is the same run of
 * events that our own agent gets whole; here it is taken apart and put together again.
 * @module
 */
import { z } from "zod";
import { DomainError } from "../domain/errors.ts";
import {
  type Diagnostics,
  IGNORABLE_EVENTS,
  type LifecycleEvent,
  LifecycleEventName,
} from "../domain/lifecycle_event.ts";
import type {
  AcknowledgeInput,
  CompleteInput,
  DeploymentSpecification,
  PollOutput,
  StatusOutput,
} from "../wire/agent_protocol.ts";
import { diagnosticsIn } from "./command_payload.ts";
import type { CallingHost, HostService } from "./host_commands.ts";

/** Milliseconds a poll is held: well under the 80 s after which that agent gives up (trap 41). */
const HOLD = 20_000;

/** A command of this protocol: the order's id, and the event. */
interface StockCommand {
  orderId: string;
  event: LifecycleEventName;
}

/** The parts of a command's id; undefined when it is not one of this protocol. */
export function parseStockCommand(id: string): StockCommand | undefined {
  const slash = id.lastIndexOf("/");
  const event = LifecycleEventName.safeParse(id.slice(slash + 1));
  if (!event.success || !id.slice(0, slash).includes("/")) return undefined;
  return { orderId: id.slice(0, slash), event: event.data };
}

/** PollHostCommand: the next event of one of the host's deployments, or nothing. */
export async function pollStockCommand(
  { engine, realm }: HostService,
  host: CallingHost,
  signal: AbortSignal,
): Promise<PollOutput> {
  const next = await engine.hosts.nextEvent({ host: host.name, waitMs: HOLD, signal });
  const order = next && engine.hosts.order(next.commandId, host.identifier);
  if (!next || !order) return {};
  const { DeploymentGroupId, DeploymentId } = order.specification;
  return {
    HostCommand: {
      HostCommandIdentifier: `${next.commandId}/${next.event}`,
      HostIdentifier: host.identifier,
      DeploymentExecutionId: [realm.region, realm.account, DeploymentGroupId, DeploymentId]
        .join("/"),
      CommandName: next.event,
      Nonce: order.nonce,
    },
  };
}

/** GetDeploymentSpecification: what to deploy, in a signed envelope. */
export async function getSpecification(
  { engine, seal }: HostService,
  host: CallingHost,
  executionId: string,
) {
  const deploymentId = executionId.split("/").at(-1) ?? "";
  const order = engine.hosts.orderOf(deploymentId, host.name, host.identifier);
  if (!order) {
    throw new DomainError(
      "ClientException",
      "DeploymentExecutionId",
      `The host ${host.name} has no order of the deployment "${deploymentId}"`,
    );
  }
  refuseOurOwn(order.specification, host);
  const Payload = await seal(JSON.stringify(order.specification));
  return {
    DeploymentSystem: "CodeDeploy",
    DeploymentSpecification: { GenericEnvelope: { Format: "PKCS7/JSON", Payload } },
  };
}

/** AWS's agent fails the event with the words of this refusal, as with any specification it dislikes. */
function refuseOurOwn({ Revision }: DeploymentSpecification, { name }: CallingHost): void {
  if (Revision.RevisionType !== "HTTPS") return;
  throw new DomainError(
    "ClientException",
    "DeploymentExecutionId",
    `${name} runs AWS's agent, which fetches from S3 and GitHub only, not from ` +
      `${Revision.HttpsRevision.Url}. Run this server's agent there (runtime agent join), or push ` +
      "the bundle (runtime push) and deploy that revision",
  );
}

const Acknowledgement = z.object({ IsCommandNoop: z.boolean().default(false) });

/**
 * PutHostCommandAcknowledgement. An event without scripts is over at once: the agent drops a command
 * that it hears has succeeded, which spares it the completion.
 */
export async function acknowledgeStockCommand(
  service: HostService,
  { orderId, event }: StockCommand,
  input: z.infer<typeof AcknowledgeInput>,
): Promise<z.infer<typeof StatusOutput>> {
  const now = service.now();
  // A command handed out twice must not run twice; this answer makes the agent drop it.
  const known = service.engine.hosts.orderEvents(orderId)?.events.find(({ name }) =>
    name === event
  );
  if (!known || known.endTime !== undefined) return { CommandStatus: "Succeeded" };
  const { IsCommandNoop } = diagnosticsIn(Acknowledgement, input.Diagnostics?.Payload ?? "{}");
  if (!IsCommandNoop) {
    const begun: LifecycleEvent = { name: event, status: "InProgress", startTime: now };
    const status = await service.engine.hosts.report(orderId, {
      kind: "progress",
      events: [begun],
    });
    return { CommandStatus: status };
  }
  const nothing = { error_code: 0, script_name: "", message: "Succeeded", log: "" };
  await endEvent(service, { orderId, event }, nothing);
  return { CommandStatus: "Succeeded" };
}

/** PutHostCommandComplete, also of a command that was never acknowledged. */
export async function completeStockCommand(
  service: HostService,
  command: StockCommand,
  input: z.infer<typeof CompleteInput>,
  said: Diagnostics,
): Promise<void> {
  const failed = input.CommandStatus === "Failed";
  const error_code = failed ? said.error_code || 5 : 0;
  const { script_name, message, log } = said;
  await endEvent(service, command, { error_code, script_name, message, log });
}

/** Ends one event, and the run with it when nothing may follow. */
async function endEvent(
  { engine, now: clock }: HostService,
  { orderId, event }: StockCommand,
  diagnostics: Diagnostics,
): Promise<void> {
  const now = clock();
  const order = engine.hosts.orderEvents(orderId);
  const known = order?.events.find(({ name }) => name === event);
  // What is told of an event that has ended, again or otherwise, comes too late.
  if (!order || !known || known.endTime !== undefined) return;
  const failed = diagnostics.error_code !== 0;
  const ended: LifecycleEvent = {
    name: event,
    status: failed ? "Failed" : "Succeeded",
    startTime: known.startTime ?? now,
    endTime: now,
    diagnostics,
  };
  const ignored = order.ignoreStopFailures && IGNORABLE_EVENTS.includes(event);
  const isLast = order.events.at(-1)?.name === event;
  const over = (failed && !ignored) || isLast || order.isStopped;
  if (!over) {
    await engine.hosts.report(orderId, { kind: "progress", events: [ended] });
    engine.hosts.wake(orderId);
    return;
  }
  await engine.hosts.report(orderId, {
    kind: "completed",
    succeeded: isLast && (!failed || ignored),
    events: [ended],
    failure: { code: diagnostics.error_code, message: diagnostics.message },
  });
}
