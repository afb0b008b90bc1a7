/** A request over HTTP whose answer is read whole, within bounds of time and size. @module */
import { type Limit, limitOf } from "./call_limit.ts";
import type { CallLimit } from "./context.ts";

/** More than any answer about hosts, alarms or a metric has. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

export async function request(
  url: string,
  { timeoutMs, signal, ...init }: RequestInit & CallLimit,
  step: AbortSignal,
): Promise<Response> {
  const limit = limitOf(signal ? AbortSignal.any([step, signal]) : step, timeoutMs);
  const what = `${init.method ?? "GET"} ${withoutPassword(url)}`;
  try {
    const response = await fetch(url, { ...init, signal: limit.signal });
    return await wholeOf(response, limit);
  } catch (cause) {
    throw limit.failure(what, cause);
  }
}

/** An address as it may be shown. */
function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return shown.href;
}

async function wholeOf(response: Response, { signal }: Limit): Promise<Response> {
  const { status, statusText, headers } = response;
  // A 204 or 304 must be made without a body.
  if (response.body === null) return new Response(null, { status, statusText, headers });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    signal.throwIfAborted();
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) {
      throw new Error(`the answer is longer than ${ANSWER_BYTES_MAX / 1024 / 1024} MiB`);
    }
    chunks.push(chunk);
  }
  return new Response(new Blob(chunks), { status, statusText, headers });
}
