/**
 * The poll loop: one question to the server is always open, so that a new order, or the wish to end
 * one, arrives at once. It goes on while orders run.
 * @module
 */
import { POLL_WAIT_SECONDS } from "../wire/agent_protocol.ts";
import { Backoff, pause } from "./backoff.ts";
import { log } from "./log.ts";
import type { OrderBoard } from "./order_board.ts";
import { type Gate, judgeOrder, type Verdict } from "./order_gate.ts";
import type { JournalState } from "./journal_record.ts";
import { pauseAfter, type Waits } from "./poll_pause.ts";
import type { PollAnswer, ServerLink } from "./server_link.ts";
import type { Turn } from "./service_notice.ts";
import { type CommandContext, takeCommand } from "./stock_command.ts";

/** Milliseconds; an empty answer that came sooner was no long poll, and the next has to wait. */
const TOO_SOON = 1_000;

/** Characters of a refusal's sentence that are told. */
const MESSAGE_AT_MOST = 1_000;

export interface PollContext {
  link: ServerLink;
  /** Undefined when no key of a server is pinned: no signed order is carried out then. */
  gate: Gate | undefined;
  /** How commands of a server without our additions are taken. */
  commands: CommandContext;
  journal: JournalState;
  board: OrderBoard;
  waitBetweenRunsMs: number;
  /** After failures. */
  waits: Waits;
  stopping: AbortSignal;
  /** Called once, when the server has answered for the first time. */
  onConnected(): void;
  /** Called when a poll brought nothing and no order is held: about once a minute. */
  onIdle(): void;
  /** Called when the server has answered, or has not. */
  onTurn(turn: Turn): void;
}

/** Polls until the agent stops. Never rejects. */
export async function pollUntilStopped(context: PollContext): Promise<void> {
  const { link, board, stopping } = context;
  const backoff = new Backoff();
  let connected = false;
  while (!stopping.aborted) {
    const askedAt = Date.now();
    try {
      // The first question is answered at once and shows that address and keys are right.
      const wait = connected ? POLL_WAIT_SECONDS : 0;
      const answer = await link.poll(board.commandIds, wait, stopping);
      context.onTurn({ kind: "answered" });
      if (!connected) context.onConnected();
      const first = !connected;
      connected = true;
      if (await obey(answer, context) === "refused") {
        // A server that hands out nothing better would be asked without end.
        await pause(backoff.next(), stopping);
        continue;
      }
      backoff.reset();
      const isIdle = isEmpty(answer) && board.commandIds.length === 0;
      if (isIdle) context.onIdle();
      const tooSoon = isEmpty(answer) && !first && Date.now() - askedAt < TOO_SOON;
      if (tooSoon) await pause(context.waitBetweenRunsMs, stopping);
    } catch (error) {
      if (stopping.aborted) return;
      log.warn("poll failed: {error}", { error: String(error) });
      context.onTurn({ kind: "failed", why: String(error) });
      await pause(pauseAfter(error, backoff, context.waits), stopping);
    }
  }
}

function isEmpty({ HostCommand, Order, Cancel }: PollAnswer): boolean {
  return !HostCommand && Order === undefined && !Cancel?.length;
}

async function obey(answer: PollAnswer, context: PollContext): Promise<"obeyed" | "refused"> {
  for (const commandId of answer.Cancel ?? []) context.board.cancel(commandId);
  const { HostCommand: command, Order: order } = answer;
  if (context.stopping.aborted || (!command && order === undefined)) return "obeyed";
  if (!answer.understands && command) return await takeCommand(command, context.commands);
  return await consider(order ?? {}, command?.HostCommandIdentifier, context);
}

/** Takes an order that may be carried out; tells the server of one that may not. */
async function consider(
  signed: unknown,
  commandId: string | undefined,
  context: PollContext,
): Promise<"obeyed" | "refused"> {
  const verdict = verdictOn(signed, context);
  switch (verdict.kind) {
    case "new":
      log.info("{commandId}: taken", { commandId: verdict.order.commandId });
      await context.board.take(verdict.order);
      return "obeyed";
    case "known":
      await context.board.repeat(verdict.order);
      return "obeyed";
    case "refused":
      await reportRefusal({ ...verdict, commandId: commandId ?? verdict.commandId }, context);
      return "refused";
  }
}

function verdictOn(signed: unknown, { gate, journal }: PollContext): Verdict {
  if (gate) return judgeOrder(signed, gate, journal, Date.now());
  const why = "no key of a server is pinned here: :server_public_key: is not set";
  return { kind: "refused", reason: "bad-signature", why };
}

async function reportRefusal(
  { commandId, reason, why }: Extract<Verdict, { kind: "refused" }>,
  { link, stopping }: PollContext,
): Promise<void> {
  const id = commandId ?? "without an id";
  log.warn("the order {id} is not carried out ({reason}): {why}", { id, reason, why });
  const refusal = {
    ...(commandId !== undefined && { HostCommandIdentifier: commandId.slice(0, 300) }),
    Reason: reason,
    Message: why.slice(0, MESSAGE_AT_MOST),
  };
  try {
    await link.refuse(refusal, stopping);
  } catch (error) {
    log.warn("the server was not told that the order {id} was refused: {error}", {
      id,
      error: String(error),
    });
  }
}
