/**
 * The poll loop: one question to the server is always open, so that a new order, or the wish to end
 * one, arrives at once. It goes on while orders run.
 * @module
 */
import { POLL_WAIT_SECONDS, type PollOutput, type SignedOrder } from "../wire/agent_protocol.ts";
import { Backoff, pause } from "./backoff.ts";
import { log } from "./log.ts";
import type { OrderBoard } from "./order_board.ts";
import { type Gate, judgeOrder } from "./order_gate.ts";
import type { JournalState } from "./journal_record.ts";
import type { ServerLink } from "./server_link.ts";

/** Milliseconds; an empty answer that came sooner was no long poll, and the next has to wait. */
const TOO_SOON = 1_000;

export interface PollContext {
  link: ServerLink;
  gate: Gate;
  journal: JournalState;
  board: OrderBoard;
  waitBetweenRunsMs: number;
  stopping: AbortSignal;
  /** Called once, when the server has answered for the first time. */
  onConnected(): void;
  /** Called when a poll brought nothing and no order is held: about once a minute. */
  onIdle(): void;
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
      if (!connected) context.onConnected();
      const first = !connected;
      connected = true;
      await obey(answer, context);
      backoff.reset();
      const isIdle = isEmpty(answer) && board.commandIds.length === 0;
      if (isIdle) context.onIdle();
      const tooSoon = isEmpty(answer) && !first && Date.now() - askedAt < TOO_SOON;
      if (tooSoon) await pause(context.waitBetweenRunsMs, stopping);
    } catch (error) {
      if (stopping.aborted) return;
      log.warn("poll failed: {error}", { error: String(error) });
      await pause(backoff.next(), stopping);
    }
  }
}

function isEmpty({ Order, Cancel }: PollOutput): boolean {
  return !Order && !Cancel?.length;
}

async function obey(answer: PollOutput, context: PollContext): Promise<void> {
  for (const commandId of answer.Cancel ?? []) context.board.cancel(commandId);
  if (answer.Order && !context.stopping.aborted) await consider(answer.Order, context);
}

/** Takes an order that may be carried out. Throws for one that may not, as for any bad answer. */
async function consider(signed: SignedOrder, context: PollContext): Promise<void> {
  const verdict = judgeOrder(signed, context.gate, context.journal);
  switch (verdict.kind) {
    case "new":
      log.info("{commandId}: taken", { commandId: verdict.order.commandId });
      return await context.board.take(verdict.order);
    case "known":
      return await context.board.repeat(verdict.order);
    case "refused":
      throw new Error(`an order was not carried out: ${verdict.why}`);
  }
}
