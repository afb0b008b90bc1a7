/**
 * `deploymentStatusMessages`: what a deployment says of itself, and what it waits for now.
 * @module
 */
import { type Deployment, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { type Awaiting, waitingFor } from "../rollout/waiting_for.ts";

/** Whole sentences, none of a deployment that has ended; a command that ends the wait stands in brackets. */
export function statusMessages(
  deployment: Awaiting & Pick<Deployment, "statusMessages">,
  timeLapse: number,
): string[] {
  // One that was stopped while it was Queued keeps what it waited for.
  if (TERMINAL_DEPLOYMENT.has(deployment.status)) return [];
  const waits = waitingFor(deployment, timeLapse).map(({ text, next: [command] }) => {
    const sentence = text.charAt(0).toUpperCase() + text.slice(1);
    return command === undefined ? `${sentence}.` : `${sentence} (${command}).`;
  });
  return [...deployment.statusMessages, ...waits];
}
