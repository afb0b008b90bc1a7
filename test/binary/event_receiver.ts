/**
 * A receiver of events over real HTTPS, as somebody else's program is: down at first, slow, or with
 * an answer of its own; it keeps what it was sent.
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { EventBridgeEvent } from "../../core/delivery/event_bridge_event.ts";
import { type Authority, makeAuthority } from "../agent/authority.ts";

export interface ReceivedEvent {
  event: EventBridgeEvent;
  key: string | undefined;
  authorization: string | undefined;
}

export class EventReceiver implements AsyncDisposable {
  readonly authority: Authority = makeAuthority("receivers");
  readonly received: ReceivedEvent[] = [];
  /** Requests that were not answered yet. */
  underWay = 0;
  /** Wait before an answer, in milliseconds. */
  delay = 0;
  /** The status of an answer; what is not 2xx was not taken. */
  status = 200;
  port = 0;
  #server: Server | undefined;

  get url(): string {
    return `https://localhost:${this.port}/events`;
  }

  /** Finds a port that is free, and leaves it alone: whoever connects is refused. */
  async choosePort(): Promise<void> {
    await this.listen();
    await this.down();
  }

  async listen(): Promise<void> {
    const { cert, key } = this.authority;
    const server = createServer({ cert, key }, (request, response) => {
      this.#take(request, response).catch((error) => response.destroy(error));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // because it listens on a port
    this.port = port;
  }

  async down(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** The states of a deployment's events as they came, without what came again at once. */
  told(deploymentId: string): string[] {
    return toldIn(this.received.map(({ event }) => event), deploymentId);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const piece of request.setEncoding("utf8")) body += piece;
    const event = EventBridgeEvent.parse(JSON.parse(body));
    const { authorization } = request.headers;
    const key = request.headers["idempotency-key"];
    this.underWay++;
    try {
      await new Promise((resolve) => setTimeout(resolve, this.delay));
      if (this.status < 300) {
        this.received.push({ event, key: key?.toString(), authorization });
      }
      response.writeHead(this.status).end(this.status < 300 ? "" : "out of order");
    } finally {
      this.underWay--;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}

/** `START`, `web-1 SUCCESS`, …; an event that came twice in a row counts once. */
export function toldIn(events: readonly EventBridgeEvent[], deploymentId: string): string[] {
  return events.filter(({ detail }) => detail.deploymentId === deploymentId)
    .filter(({ id }, at, all) => id !== all[at - 1]?.id)
    .map(({ detail: { instanceId, state } }) => instanceId ? `${instanceId} ${state}` : state);
}
