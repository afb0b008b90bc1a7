/**
 * A host that joined a server in this process and speaks to it as an agent does, over signed requests.
 * What it reports is written in letters, as in test/rollout: `SSR`.
 * @module
 */
import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import {
  AGENT_SIGNING_NAME,
  AGENT_TARGET_PREFIX,
  EXTENSION_HEADER,
  type LogLine,
  type Order,
  PollOutput,
} from "../../core/wire/agent_protocol.ts";
import { callJson } from "../../core/wire/aws_json.ts";
import { JOIN_PATH, JoinOutput } from "../../core/wire/join.ts";
import { openOrder } from "../../core/wire/order_signature.ts";
import { reported } from "../rollout/letters.ts";
import { type Answer, REGION, SERVER } from "./test_api.ts";

/** Seconds that a waiting host waits; a test in which nothing comes has failed by then. */
const PATIENCE = 20;

/** What a host needs of its server. */
export interface HostServer {
  fetch: typeof fetch;
  serverKey: KeyObject;
}

/** Joins with a token of the server. */
export async function joinHost(
  server: HostServer,
  input: { token: string; instanceName: string; tags: object[] },
): Promise<Host> {
  const body = JSON.stringify(input);
  const answer = await server.fetch(SERVER + JOIN_PATH, { method: "POST", body });
  return new Host(server, JoinOutput.parse(await answer.json()));
}

export const line = (text: string): LogLine => ({
  event: "ApplicationStop",
  stream: "stdout",
  at: 0,
  text,
});

export class Host {
  readonly name: string;
  readonly identifier: string;
  readonly keys: { accessKeyId: string; secretAccessKey: string };
  readonly #server: HostServer;
  readonly #joined: JoinOutput;

  constructor(server: HostServer, joined: JoinOutput) {
    const { accessKeyId, secretAccessKey } = joined;
    this.#joined = joined;
    this.#server = server;
    this.name = joined.instanceName;
    this.identifier = joined.iamUserArn;
    this.keys = { accessKeyId, secretAccessKey };
  }

  /** False speaks like AWS's agent, which does not announce what it does not know. */
  isOurs = true;

  call(operation: string, input: object, signingName = AGENT_SIGNING_NAME): Promise<Answer> {
    return callJson({
      url: SERVER,
      region: REGION,
      credentials: this.keys,
      fetch: this.#server.fetch,
    }, {
      target: AGENT_TARGET_PREFIX + operation,
      service: signingName,
      input,
      headers: this.isOurs ? { [EXTENSION_HEADER]: "1" } : {},
    });
  }

  /** The same host, whose requests go another way. */
  through(fetch: HostServer["fetch"]): Host {
    return new Host({ ...this.#server, fetch }, this.#joined);
  }

  /** What there is for the host now. */
  async poll(extra: object = {}): Promise<PollOutput> {
    const input = { HostIdentifier: this.identifier, WaitSeconds: 0, ...extra };
    return PollOutput.parse(await this.call("PollHostCommand", input));
  }

  /** Waits for an order, checks its signature as an agent does, and takes it. */
  async take(): Promise<Order> {
    const { Order: signed } = await this.poll({ WaitSeconds: PATIENCE });
    assert.ok(signed, `there is no order for ${this.name}`);
    const order = openOrder(signed, this.#server.serverKey);
    const HostCommandIdentifier = order.commandId;
    await this.call("PutHostCommandAcknowledgement", { HostCommandIdentifier });
    return order;
  }

  update({ commandId }: Pick<Order, "commandId">, letters: string, log: LogLine[] = []) {
    return this.call("PostHostCommandUpdate", {
      HostCommandIdentifier: commandId,
      Diagnostics: envelope({ events: reported(letters), log }),
    });
  }

  /** The end of a run; anything but seven successes is a failed one. */
  complete({ commandId }: Pick<Order, "commandId">, letters = "SSSSSSS", log: LogLine[] = []) {
    const succeeded = letters === "SSSSSSS";
    return this.call("PutHostCommandComplete", {
      HostCommandIdentifier: commandId,
      CommandStatus: succeeded ? "Succeeded" : "Failed",
      Diagnostics: envelope({
        error_code: succeeded ? 0 : 5,
        events: reported(letters),
        log_lines: log,
      }),
    });
  }

  /** The whole of an order, from poll to end. */
  async run(letters?: string): Promise<Order> {
    const order = await this.take();
    await this.complete(order, letters);
    return order;
  }
}

export function envelope(payload: unknown): { Format: string; Payload: string } {
  return { Format: "JSON", Payload: JSON.stringify(payload) };
}
