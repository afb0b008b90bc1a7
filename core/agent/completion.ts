/** The end of an order as the server is told it (spec 12.2, 4.4). @module */
import type { LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Completion, Order } from "../wire/agent_protocol.ts";
import { Backoff, pause } from "./backoff.ts";
import { SUCCEEDED, unknownError } from "./host.ts";
import type { Journal } from "./journal.ts";
import type { EndStatus } from "./journal_record.ts";
import { log } from "./log.ts";
import type { Unsent } from "./progress.ts";
import type { ServerLink } from "./server_link.ts";

export interface OrderEnd {
  status: EndStatus;
  completion: Completion;
}

/**
 * Succeeded only when every event of the order ran and none failed but those whose failure is to be
 * ignored. The diagnostics of the whole are those of the event that ended the run.
 */
export function endOf(
  order: Order,
  events: readonly LifecycleEvent[],
  { lines, sentBefore }: Unsent,
): OrderEnd {
  const ran = new Set<LifecycleEventName>();
  for (const event of events) if (event.status !== "InProgress") ran.add(event.name);
  const fatal = events.find((event) =>
    event.status === "Failed" && !order.ignoreFailuresOf.includes(event.name)
  );
  const whole = order.events.every((name) => ran.has(name));
  let diagnostics = SUCCEEDED;
  if (fatal) diagnostics = fatal.diagnostics ?? unknownError(`${fatal.name} failed`);
  else if (!whole) diagnostics = unknownError("stopped by request");
  return {
    status: whole && !fatal ? "Succeeded" : "Failed",
    completion: {
      ...diagnostics,
      events: [...events],
      log_lines: lines,
      ...(sentBefore && { sent_before: sentBefore }),
    },
  };
}

/**
 * Tells the server until it has answered, then writes that down. Ends early, with the order left to
 * be told after a restart, when the agent stops.
 */
export async function tellEnd(
  order: Pick<Order, "commandId" | "isCommand">,
  end: OrderEnd,
  agent: { link: ServerLink; journal: Journal; stopping: AbortSignal },
): Promise<void> {
  const { commandId } = order;
  const backoff = new Backoff();
  while (!agent.stopping.aborted) {
    try {
      await agent.link.complete(order, end.status, end.completion, agent.stopping);
      await agent.journal.append({ at: Date.now(), kind: "reported", commandId });
      log.info("{commandId}: {status}, reported", { commandId, status: end.status });
      return;
    } catch (error) {
      if (agent.stopping.aborted) return;
      log.warn("the end of {commandId} is not reported yet: {error}", {
        commandId,
        error: String(error),
      });
      await pause(backoff.next(), agent.stopping);
    }
  }
}
