/**
 * A small command service over real HTTP: hands out signed orders, hears what an agent says, lets
 * hosts join, and serves bundles. It keeps everything for the test to read.
 * @module
 */
import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  AcknowledgeInput,
  AGENT_TARGET_PREFIX,
  CompleteInput,
  Completion,
  EXTENSION_HEADER,
  type Order,
  PollInput,
  Progress,
  REFUSE_OPERATION,
  RefuseInput,
  RUN_COMMAND,
  UpdateInput,
} from "../../core/wire/agent_protocol.ts";
import { JOIN_PATH, JoinInput } from "../../core/wire/join.ts";
import { signOrder } from "../../core/wire/order_signature.ts";

export interface Told {
  commandId: string;
  status: "Succeeded" | "Failed";
  completion: Completion;
}

/** Milliseconds that a poll without news is held. */
const HOLD = 2_000;

export class CommandServer {
  readonly key: KeyObject;
  readonly publicKey: string;
  readonly polls: PollInput[] = [];
  readonly updates: { commandId: string; progress: Progress }[] = [];
  readonly completions: Told[] = [];
  readonly refusals: RefuseInput[] = [];
  /** Commands that were acknowledged by a request of its own. */
  readonly acknowledged: string[] = [];
  readonly cancel = new Set<string>();
  readonly authorizations: string[] = [];
  /** Bundles by path, as `/bucket/key`. */
  readonly bundles = new Map<string, { bytes: Uint8Array; eTag?: string }>();
  readonly gets: string[] = [];
  /** What an update is answered with. */
  updateStatus = "InProgress";
  /** Requests of this kind are answered 503. */
  readonly broken = new Set<string>();
  /** The next bundle breaks off after this many bytes. */
  tearNext: number | undefined;
  /** What the bundle store says of a key it does not have, as XML. */
  missing = "There is no such key.";
  token = "good";
  url = "";
  #given: { order: Order; signed: unknown }[] = [];
  #server: Server;
  #wake = new Set<() => void>();

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    this.key = privateKey;
    this.publicKey = publicKey.export({ type: "spki", format: "pem" }).toString();
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => {
        response.statusCode = 500;
        response.end(String(error));
      });
    });
  }

  /** Listens; the same port again after `close` when it is given. */
  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (typeof address === "object" && address) this.url = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const wake of this.#wake) wake();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Lays an order out, signed with this server's key or another. */
  give(order: Order, key = this.key): void {
    this.handOut(order, signOrder(order, key));
  }

  /** Lays out whatever is to come in the place of a signed order. */
  handOut(order: Order, signed: unknown): void {
    this.#given.push({ order, signed });
    this.news();
  }

  news(): void {
    for (const wake of this.#wake) wake();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString();
    if (request.method === "GET") return this.#bundle(request, response);
    if (request.url === JOIN_PATH) return this.#join(body, response);
    this.authorizations.push(String(request.headers.authorization));
    const target = String(request.headers["x-amz-target"]);
    const operation = target.slice(AGENT_TARGET_PREFIX.length);
    if (this.broken.has(operation)) {
      response.statusCode = 503;
      response.end("{}");
      return;
    }
    const input: unknown = JSON.parse(body);
    const output = operation === "PollHostCommand"
      ? await this.#poll(PollInput.parse(input), response)
      : this.#say(operation, input);
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.setHeader(EXTENSION_HEADER, "1");
    response.end(JSON.stringify(output));
  }

  async #poll(input: PollInput, response: ServerResponse): Promise<unknown> {
    this.polls.push(input);
    const until = Date.now() + Math.min((input.WaitSeconds ?? 0) * 1000, HOLD);
    response.on("close", () => this.news());
    while (!response.destroyed) {
      const running = new Set(input.Running);
      const cancel = [...this.cancel].filter((id) => running.has(id));
      for (const id of cancel) this.cancel.delete(id);
      const next = this.#given.findIndex(({ order }) => !running.has(order.commandId));
      const [given] = next === -1 ? [] : this.#given.splice(next, 1);
      if (given || cancel.length > 0 || Date.now() >= until) {
        return { ...(cancel.length > 0 && { Cancel: cancel }), ...(given && handout(given)) };
      }
      await this.#newsUntil(until);
    }
    return {};
  }

  #newsUntil(until: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, until - Date.now());
      this.#wake.add(wake);
    });
  }

  #say(operation: string, input: unknown): unknown {
    if (operation === "PostHostCommandUpdate") {
      const { HostCommandIdentifier: commandId, Diagnostics } = UpdateInput.parse(input);
      const progress = Progress.parse(JSON.parse(Diagnostics?.Payload ?? "{}"));
      this.updates.push({ commandId, progress });
      return { CommandStatus: this.updateStatus };
    }
    if (operation === "PutHostCommandComplete") {
      const { HostCommandIdentifier: commandId, CommandStatus: status, Diagnostics } = CompleteInput
        .parse(input);
      const completion = Completion.parse(JSON.parse(Diagnostics?.Payload ?? "{}"));
      this.completions.push({ commandId, status, completion });
      return {};
    }
    if (operation === "PutHostCommandAcknowledgement") {
      this.acknowledged.push(AcknowledgeInput.parse(input).HostCommandIdentifier);
      return { CommandStatus: "InProgress" };
    }
    if (operation === REFUSE_OPERATION) {
      this.refusals.push(RefuseInput.parse(input));
      return {};
    }
    throw new Error(`unexpected operation ${operation}`);
  }

  #join(body: string, response: ServerResponse): void {
    const input = JoinInput.parse(JSON.parse(body));
    if (input.token !== this.token) {
      response.statusCode = 403;
      response.end(JSON.stringify({ __type: "AccessDeniedException", message: "token expired" }));
      return;
    }
    response.end(JSON.stringify({
      instanceName: input.instanceName,
      iamUserArn: hostArn(input.instanceName),
      accessKeyId: "AKIAHOST",
      secretAccessKey: "secret",
      region: "us-east-1",
      serverPublicKey: this.publicKey,
    }));
  }

  #bundle(request: IncomingMessage, response: ServerResponse): void {
    const url = String(request.url);
    this.gets.push(url);
    this.authorizations.push(String(request.headers.authorization));
    if (this.broken.has("GET")) {
      response.statusCode = 503;
      response.end();
      return;
    }
    const bundle = this.bundles.get(url);
    if (!bundle) {
      response.statusCode = 404;
      const message = `<Message>${this.missing}</Message>`;
      response.end(`<Error><Code>NoSuchKey</Code>${message}</Error>`);
      return;
    }
    if (bundle.eTag) response.setHeader("etag", bundle.eTag);
    const tear = this.tearNext;
    this.tearNext = undefined;
    if (tear === undefined) {
      response.end(bundle.bytes);
      return;
    }
    response.setHeader("content-length", bundle.bytes.length);
    response.write(bundle.bytes.subarray(0, tear), () => response.destroy());
  }
}

function handout({ order, signed }: { order: Order; signed: unknown }) {
  return {
    HostCommand: {
      HostCommandIdentifier: order.commandId,
      HostIdentifier: order.hostIdentifier,
      DeploymentExecutionId: `us-east-1/1/g/${order.specification.DeploymentId}`,
      CommandName: RUN_COMMAND,
      Nonce: order.nonce,
    },
    Order: signed,
  };
}

export function hostArn(name: string): string {
  return `arn:aws:iam::000000000000:user/AWS/CodeDeploy/${name}`;
}
