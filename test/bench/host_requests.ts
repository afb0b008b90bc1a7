/**
 * The requests of one simulated host as they go over the wire: what our own agent says, signed with
 * the host's key. The library that signs for real agents costs as much as a whole answer of the
 * server; so the same signature is computed here for requests that differ in operation and body
 * alone, and `checkSignature` holds it against the library's.
 * @module
 */
import type { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import {
  AGENT_SIGNING_NAME,
  AGENT_TARGET_PREFIX,
  AGENT_VERSION_HEADER,
  EXTENSION_HEADER,
} from "../../core/wire/agent_protocol.ts";
import { type Credentials, signable, signHeaders } from "../../core/wire/sigv4.ts";
import { VERSION } from "../../core/wire/version.ts";

export type HostOperation = "PollHostCommand" | "PostHostCommandUpdate" | "PutHostCommandComplete";

const CONTENT_TYPE = "application/x-amz-json-1.1";
const AGENT = `runtime/${VERSION}`;
const SIGNED = [
  ...["content-type", "host", AGENT_VERSION_HEADER, "x-amz-date", "x-amz-target"],
  EXTENSION_HEADER,
].join(";");

export class HostRequests {
  readonly #host: string;
  readonly #region: string;
  readonly #credentials: Credentials;
  #day = "";
  #key: Buffer | undefined;

  constructor(url: URL, region: string, credentials: Credentials) {
    this.#host = url.host;
    this.#region = region;
    this.#credentials = credentials;
  }

  /** A whole request; bodies are ASCII. */
  request(operation: HostOperation, body: string, at = amzDate()): string {
    const { length } = body;
    return `POST / HTTP/1.1\r\nHost: ${this.#host}\r\nConnection: keep-alive\r\n` +
      `User-Agent: Bun/1.4.5\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n` +
      `content-type: ${CONTENT_TYPE}\r\nx-amz-target: ${AGENT_TARGET_PREFIX}${operation}\r\n` +
      `${AGENT_VERSION_HEADER}: ${AGENT}\r\n${EXTENSION_HEADER}: 1\r\nx-amz-date: ${at}\r\n` +
      `authorization: ${this.authorization(operation, body, at)}\r\n` +
      `Content-Length: ${length}\r\n\r\n${body}`;
  }

  /** The header by which AWS Signature Version 4 signs the request. */
  authorization(operation: HostOperation, body: string, at: string): string {
    const day = at.slice(0, 8);
    const scope = `${day}/${this.#region}/${AGENT_SIGNING_NAME}/aws4_request`;
    if (!this.#key || this.#day !== day) {
      this.#key = derivedKey(this.#credentials.secretAccessKey, scope);
      this.#day = day;
    }
    const lines = `content-type:${CONTENT_TYPE}\nhost:${this.#host}\n` +
      `${AGENT_VERSION_HEADER}:${AGENT}\nx-amz-date:${at}\n` +
      `x-amz-target:${AGENT_TARGET_PREFIX}${operation}\n${EXTENSION_HEADER}:1\n`;
    const canonical = `POST\n/\n\n${lines}\n${SIGNED}\n${sha256(body)}`;
    const signature = createHmac("sha256", this.#key)
      .update(`AWS4-HMAC-SHA256\n${at}\n${scope}\n${sha256(canonical)}`).digest("hex");
    return `AWS4-HMAC-SHA256 Credential=${this.#credentials.accessKeyId}/${scope}, ` +
      `SignedHeaders=${SIGNED}, Signature=${signature}`;
  }
}

/** Throws if a request is not signed as a real agent signs it. */
export async function checkSignature(
  url: URL,
  region: string,
  credentials: Credentials,
): Promise<void> {
  const body = '{"HostIdentifier":"somebody"}';
  const given = {
    "content-type": CONTENT_TYPE,
    "x-amz-target": `${AGENT_TARGET_PREFIX}PollHostCommand`,
    [AGENT_VERSION_HEADER]: AGENT,
    [EXTENSION_HEADER]: "1",
  };
  const toSign = signable("POST", url, given, body);
  const headers = await signHeaders(toSign, credentials, region, AGENT_SIGNING_NAME);
  const ours = new HostRequests(url, region, credentials)
    .authorization("PollHostCommand", body, headers["x-amz-date"] ?? "");
  if (ours === headers["authorization"]) return;
  throw new Error(`agents sign ${headers["authorization"]}, the simulated hosts ${ours}`);
}

let second = 0;
let written = "";

/** Now, as the header `x-amz-date` has it. */
function amzDate(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    written = new Date(now * 1000).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  }
  return written;
}

function derivedKey(secretAccessKey: string, scope: string): Buffer {
  const [first = "", ...rest] = scope.split("/");
  const start = createHmac("sha256", `AWS4${secretAccessKey}`).update(first).digest();
  return rest.reduce((key, part) => createHmac("sha256", key).update(part).digest(), start);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
