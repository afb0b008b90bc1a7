/** Reads a request's JSON: bounded, UTF-8, unset members left out. @module */
import { DomainError } from "../domain/errors.ts";
import { BodyTooLarge } from "./error_response.ts";

/** Bytes of a JSON request; the largest (a chunk of log lines) is far below. */
export const BODY_LIMIT = 10 * 1024 * 1024;

/** Bytes of a form; the largest that any service takes (a message of 256 KiB, escaped) is below. */
export const FORM_LIMIT = 1024 * 1024;

/** Bytes of a request that nobody has signed. */
export const UNSIGNED_LIMIT = 64 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The whole body; throws BodyTooLarge as soon as it is known to be longer than `limit` bytes. */
export async function readBody(request: Request, limit = BODY_LIMIT): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limit) throw new BodyTooLarge(limit);
  if (request.body === null) return new Uint8Array();
  // No more than its length comes, and a stream costs as much as the rest of a small request.
  if (request.headers.has("content-length") && !request.headers.has("transfer-encoding")) {
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLarge(limit);
    chunks.push(chunk);
  }
  const [only] = chunks;
  if (only && chunks.length === 1) return only;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/**
 * The JSON of a body; an empty one is an empty object. A member that is null is one that is not set
 * (AWS JSON 1.1), so it is left out. Throws SerializationException.
 */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  try {
    const text = utf8.decode(body);
    // The reviver costs more than the parsing; most requests have no null.
    return text.includes("null") ? JSON.parse(text, leaveOutNull) : JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DomainError("SerializationException", "", `The body is not JSON: ${reason}`);
  }
}

function leaveOutNull(_: string, value: unknown): unknown {
  return value === null ? undefined : value;
}
