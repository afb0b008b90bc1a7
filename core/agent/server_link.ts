/** The agent's calls of the command service (spec 12.2), signed with the host's own keys. @module */
import { z } from "zod";
import {
  AGENT_SIGNING_NAME,
  AGENT_TARGET_PREFIX,
  AGENT_VERSION_HEADER,
  type CommandStatus,
  type Completion,
  EXTENSION_HEADER,
  type Order,
  PollOutput,
  type Progress,
  REFUSE_OPERATION,
  type RefuseInput,
  SECURE_AGENT_SIGNING_NAME,
  SECURE_AGENT_TARGET_PREFIX,
  StatusOutput,
} from "../wire/agent_protocol.ts";
import { ApiError, callJson } from "../wire/aws_json.ts";
import { VERSION } from "../wire/version.ts";
import type { Identity } from "./identity.ts";
import type { EndStatus } from "./journal_record.ts";

/** Milliseconds for an answer to anything but a poll. */
const ANSWER_WITHIN = 20_000;

/** Of the time a poll may take, how much the server may hold it at most. */
const WAIT_PART = 0.7;

/** Characters of a message that fit into the 8192 of a stock server's diagnostics. */
const STOCK_MESSAGE_AT_MOST = 4_000;

const HEADERS = { [AGENT_VERSION_HEADER]: `runtime/${VERSION}`, [EXTENSION_HEADER]: "1" };

/** An order is judged by the gate, which can say what is wrong with it. */
const PollAnswer = PollOutput.extend({ Order: z.unknown().optional() });

/** `understands` tells whether the server knows our additions; else it gives commands, not orders. */
export type PollAnswer = z.infer<typeof PollAnswer> & { understands: boolean };

export interface ServerAddress {
  endpoint: string;
  readTimeoutMs: number;
  /** Calls the command service by its other name, as AWS's agent does with this setting. */
  enableAuthPolicy?: boolean;
  /** Through the configured proxy, if any. */
  fetch?: typeof fetch;
  identity: Identity;
}

export class ServerLink {
  readonly #address: ServerAddress;
  /** What the last poll's answer said; a server of ours is hoped for at first. */
  #understands = true;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  /** PollHostCommand; answers when there is something to do or `waitSeconds` are over. */
  async poll(
    running: readonly string[],
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<PollAnswer> {
    // The answer must have time to come before the poll is given up (trap 41).
    const longest = this.#address.readTimeoutMs / 1000 * WAIT_PART;
    const WaitSeconds = Math.min(waitSeconds, longest);
    const additions = this.#understands && { WaitSeconds, Running: running };
    const input = { HostIdentifier: this.#address.identity.hostIdentifier, ...additions };
    let understands = false;
    const output = await this.#call("PollHostCommand", input, {
      signal,
      timeoutMs: this.#address.readTimeoutMs,
      onHeaders: (headers) => understands = headers.has(EXTENSION_HEADER),
    });
    this.#understands = understands;
    return { ...PollAnswer.parse(output), understands };
  }

  /** GetDeploymentSpecification, as it came. */
  specification(executionId: string, signal: AbortSignal): Promise<unknown> {
    const HostIdentifier = this.#address.identity.hostIdentifier;
    const input = { DeploymentExecutionId: executionId, HostIdentifier };
    return this.#call("GetDeploymentSpecification", input, { signal });
  }

  /** PutHostCommandAcknowledgement; Failed also when the server knows no such command. */
  async acknowledge(
    commandId: string,
    diagnostics: { IsCommandNoop?: boolean },
    signal: AbortSignal,
  ): Promise<CommandStatus | undefined> {
    const input = { HostCommandIdentifier: commandId, Diagnostics: envelope(diagnostics) };
    try {
      const output = await this.#call("PutHostCommandAcknowledgement", input, { signal });
      return StatusOutput.parse(output).CommandStatus;
    } catch (error) {
      if (isClientException(error)) return "Failed";
      throw error;
    }
  }

  /** PostHostCommandUpdate; answers whether the server still wants the order carried out. */
  async update(
    commandId: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<"wanted" | "unwanted"> {
    const input = { HostCommandIdentifier: commandId, Diagnostics: envelope(progress) };
    try {
      const output = await this.#call("PostHostCommandUpdate", input, { signal });
      return StatusOutput.parse(output).CommandStatus === "Failed" ? "unwanted" : "wanted";
    } catch (error) {
      if (isClientException(error)) return "unwanted";
      throw error;
    }
  }

  /**
   * PutHostCommandComplete. A server that says it knows no such order has answered, too. Of a command
   * only what AWS's agent says is told.
   */
  async complete(
    { commandId, isCommand }: Pick<Order, "commandId" | "isCommand">,
    status: EndStatus,
    completion: Completion,
    signal: AbortSignal,
  ): Promise<void> {
    const input = {
      HostCommandIdentifier: commandId,
      CommandStatus: status,
      Diagnostics: envelope(isCommand ? stockDiagnostics(completion) : completion),
    };
    try {
      await this.#call("PutHostCommandComplete", input, { signal });
    } catch (error) {
      if (!isClientException(error)) throw error;
    }
  }

  /** ReportRefusedOrder, of our own server alone. */
  async refuse(
    refusal: Omit<RefuseInput, "HostIdentifier">,
    signal: AbortSignal,
  ): Promise<void> {
    const HostIdentifier = this.#address.identity.hostIdentifier;
    await this.#call(REFUSE_OPERATION, { HostIdentifier, ...refusal }, { signal });
  }

  async #call(
    operation: string,
    input: unknown,
    { signal, timeoutMs = ANSWER_WITHIN, onHeaders }: {
      signal: AbortSignal;
      timeoutMs?: number;
      onHeaders?: (headers: Headers) => void;
    },
  ) {
    const { endpoint, identity, enableAuthPolicy, fetch } = this.#address;
    const to = {
      url: endpoint,
      region: identity.region,
      credentials: await identity.credentials(),
      ...(fetch && { fetch }),
    };
    return await callJson(to, {
      target: (enableAuthPolicy ? SECURE_AGENT_TARGET_PREFIX : AGENT_TARGET_PREFIX) + operation,
      service: enableAuthPolicy ? SECURE_AGENT_SIGNING_NAME : AGENT_SIGNING_NAME,
      input,
      headers: HEADERS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(onHeaders && { onHeaders }),
    });
  }
}

function stockDiagnostics({ error_code, script_name, message, log }: Completion) {
  return { error_code, script_name, message: message.slice(0, STOCK_MESSAGE_AT_MOST), log };
}

function envelope(payload: unknown): { Format: string; Payload: string } {
  return { Format: "JSON", Payload: JSON.stringify(payload) };
}

/** The command service's refusal of the order itself; trouble with keys or clocks has other names. */
export function isClientException(error: unknown): boolean {
  return error instanceof ApiError && error.type === "ClientException";
}
