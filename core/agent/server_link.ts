/** The agent's calls of the command service (spec 12.2), signed with the host's own keys. @module */
import {
  AGENT_SIGNING_NAME,
  AGENT_TARGET_PREFIX,
  AGENT_VERSION_HEADER,
  type Completion,
  EXTENSION_HEADER,
  PollOutput,
  type Progress,
  StatusOutput,
} from "../wire/agent_protocol.ts";
import { ApiError, callJson } from "../wire/aws_json.ts";
import { VERSION } from "../wire/version.ts";
import type { Identity } from "./identity.ts";
import type { EndStatus } from "./journal_record.ts";

/** Milliseconds for an answer to anything but a poll. */
const ANSWER_WITHIN = 20_000;

const HEADERS = { [AGENT_VERSION_HEADER]: `runtime/${VERSION}`, [EXTENSION_HEADER]: "1" };

export interface ServerAddress {
  endpoint: string;
  readTimeoutMs: number;
  identity: Identity;
}

export class ServerLink {
  readonly #address: ServerAddress;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  /** PollHostCommand; answers when there is something to do or `waitSeconds` are over. */
  async poll(
    running: readonly string[],
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<PollOutput> {
    const input = {
      HostIdentifier: this.#address.identity.hostIdentifier,
      WaitSeconds: waitSeconds,
      Running: running,
    };
    const output = await this.#call("PollHostCommand", input, this.#address.readTimeoutMs, signal);
    return PollOutput.parse(output);
  }

  /** PostHostCommandUpdate; answers whether the server still wants the order carried out. */
  async update(
    commandId: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<"wanted" | "unwanted"> {
    const input = { HostCommandIdentifier: commandId, Diagnostics: envelope(progress) };
    try {
      const output = await this.#call("PostHostCommandUpdate", input, ANSWER_WITHIN, signal);
      return StatusOutput.parse(output).CommandStatus === "Failed" ? "unwanted" : "wanted";
    } catch (error) {
      if (isClientException(error)) return "unwanted";
      throw error;
    }
  }

  /** PutHostCommandComplete. A server that says it knows no such order has answered, too. */
  async complete(
    commandId: string,
    status: EndStatus,
    completion: Completion,
    signal: AbortSignal,
  ): Promise<void> {
    const input = {
      HostCommandIdentifier: commandId,
      CommandStatus: status,
      Diagnostics: envelope(completion),
    };
    try {
      await this.#call("PutHostCommandComplete", input, ANSWER_WITHIN, signal);
    } catch (error) {
      if (!isClientException(error)) throw error;
    }
  }

  async #call(operation: string, input: unknown, timeoutMs: number, signal: AbortSignal) {
    const { endpoint, identity } = this.#address;
    const to = {
      url: endpoint,
      region: identity.region,
      credentials: await identity.credentials(),
    };
    return await callJson(to, {
      target: AGENT_TARGET_PREFIX + operation,
      service: AGENT_SIGNING_NAME,
      input,
      headers: HEADERS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  }
}

function envelope(payload: unknown): { Format: string; Payload: string } {
  return { Format: "JSON", Payload: JSON.stringify(payload) };
}

/** The command service's refusal of the order itself; trouble with keys or clocks has other names. */
function isClientException(error: unknown): boolean {
  return error instanceof ApiError && error.type === "ClientException";
}
