/**
 * The client side of AWS JSON 1.1: one signed POST, the answer's JSON or a typed refusal. Used by
 * the command line and the agent; the server side lives in `core/api`.
 * @module
 */
import { z } from "zod";
import { type Credentials, signable, signHeaders } from "./sigv4.ts";

/** Where and as whom to call. `fetch` is taken from the caller so that tests and proxies can stand in. */
export interface Endpoint {
  url: string;
  region: string;
  credentials: Credentials;
  fetch?: typeof fetch;
}

/** The server refused: `type` is the exception's name without namespace, `status` the HTTP status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly type: string;
  readonly status: number;
  constructor(type: string, status: number, message: string) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** No answer at all: refused connection, unknown host, broken TLS, or the time ran out. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  constructor(url: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`no answer from ${url}: ${reason}`, { cause });
  }
}

/** AWS spells the text in two ways, and may put an address behind the name. */
const Refusal = z.object({
  __type: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
});

export interface Call {
  /** Whole X-Amz-Target: prefix and operation. */
  target: string;
  /** SigV4 signing name. */
  service: string;
  input: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Called with the headers of an answer that is no refusal. */
  onHeaders?: (headers: Headers) => void;
}

/**
 * Calls one operation. Throws `ApiError` for a refusal and `UnreachableError` when nothing answered;
 * an aborted call rejects with the signal's reason.
 */
export async function callJson(endpoint: Endpoint, call: Call): Promise<unknown> {
  const url = new URL("/", endpoint.url);
  const body = JSON.stringify(call.input);
  const headers = await signHeaders(
    signable("POST", url, {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": call.target,
      ...call.headers,
    }, body),
    endpoint.credentials,
    endpoint.region,
    call.service,
  );
  delete headers["host"]; // fetch sets it from the URL; the signature covers the same value
  let response: Response;
  let text: string;
  try {
    response = await (endpoint.fetch ?? fetch)(url, {
      method: "POST",
      headers,
      body,
      ...(call.signal && { signal: call.signal }),
    });
    text = await response.text();
  } catch (cause) {
    if (call.signal?.aborted) throw call.signal.reason;
    throw new UnreachableError(endpoint.url, cause);
  }
  if (response.ok) call.onHeaders?.(response.headers);
  if (response.ok) return text === "" ? {} : JSON.parse(text);
  throw refusal(response.status, text);
}

function refusal(status: number, text: string): ApiError {
  let parsed: z.infer<typeof Refusal> = {};
  try {
    parsed = Refusal.parse(JSON.parse(text));
  } catch {
    // Not ours: a proxy's page or an empty body; the status is all there is to say.
  }
  const type = parsed.__type?.split("#").pop()?.split(":")[0] ?? `HTTP ${status}`;
  const message = parsed.message ?? parsed.Message ?? (text.slice(0, 300) || `HTTP ${status}`);
  return new ApiError(type, status, message);
}
