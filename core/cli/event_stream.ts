/**
 * The live events of one deployment, whole even when the connection breaks: after each connection
 * the log lines since the last one seen are read with GetDeploymentLogs, so none is lost or repeated.
 * @module
 */
import { z } from "zod";
import { TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { ApiError, UnreachableError } from "../wire/aws_json.ts";
import { EVENTS_PATH, StreamEvent } from "../wire/event_stream.ts";
import { GetDeploymentLogsOutput } from "../wire/runtime_api.ts";
import { signable, signHeaders } from "../wire/sigv4.ts";
import { type Api, SIGNING_NAME } from "./api.ts";
import type { Connection } from "./connection.ts";
import type { Io } from "./io.ts";

/** How long a server may be away (a restart, a takeover) before we give up. */
export const GIVE_UP_MS = 120_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** The server ends the stream after the terminal state; this long we wait for it to do so. */
const LAST_WORDS_MS = 3_000;

/** Gateways whose server is restarting say so. */
const PASSING_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Yields what the server says until the deployment has ended. Throws `ApiError` when the server
 * refuses, `UnreachableError` after two minutes without it, the signal's reason when aborted.
 */
export async function* followEvents(
  api: Api,
  deploymentId: string,
  io: Pick<Io, "now" | "sleep">,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let lastSequence = 0;
  let ended = false;
  let pause = FIRST_PAUSE_MS;
  let aliveAt = io.now();
  while (!ended) {
    try {
      let caughtUp = false;
      for await (const event of oneConnection(api.connection, deploymentId, signal)) {
        aliveAt = io.now();
        pause = FIRST_PAUSE_MS;
        if (event.kind === "deployment") ended ||= TERMINAL_DEPLOYMENT.has(event.status);
        if (event.kind !== "log" || event.sequence > lastSequence) yield event;
        if (event.kind === "log") lastSequence = Math.max(lastSequence, event.sequence);
        if (caughtUp) continue;
        caughtUp = true;
        // After the stream is open, so that no line falls between the page and the stream.
        for await (const log of missedLogs(api, deploymentId, lastSequence)) {
          lastSequence = Math.max(lastSequence, log.sequence);
          yield log;
        }
      }
      if (ended) return;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (ended && error instanceof UnreachableError) return;
      if (!isPassing(error) || io.now() - aliveAt > GIVE_UP_MS) throw error;
    }
    await io.sleep(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    if (io.now() - aliveAt > GIVE_UP_MS) {
      throw new UnreachableError(api.connection.url, "the event stream keeps ending early");
    }
  }
}

/** Whether the server may be back in a moment. */
export function isPassing(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof ApiError && PASSING_STATUS.has(error.status);
}

export type LogEvent = Extract<StreamEvent, { kind: "log" }>;

/** Log chunks after a sequence, page after page, as the stream would have said them. */
export async function* missedLogs(
  api: Api,
  deploymentId: string,
  after: number,
  targetId?: string,
): AsyncGenerator<LogEvent> {
  let from: number | undefined = after;
  while (from !== undefined) {
    const input = { deploymentId, after: from, ...(targetId !== undefined && { targetId }) };
    const page: GetDeploymentLogsOutput = await api.runtime(
      "GetDeploymentLogs",
      input,
      GetDeploymentLogsOutput,
    );
    for (const chunk of page.chunks) yield { kind: "log", deploymentId, ...chunk };
    from = page.next;
  }
}

/** The events of one connection; ends with it. */
async function* oneConnection(
  connection: Connection,
  deploymentId: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const lastWords = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const either = AbortSignal.any([signal, lastWords.signal]);
    const body = await openStream(connection, deploymentId, either);
    for await (const data of eventData(body)) {
      const event = StreamEvent.parse(JSON.parse(data));
      yield event;
      const ending = event.kind === "deployment" && TERMINAL_DEPLOYMENT.has(event.status);
      if (ending) timer ??= setTimeout(() => lastWords.abort(), LAST_WORDS_MS);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (lastWords.signal.aborted) return;
    if (error instanceof ApiError || error instanceof z.ZodError) throw error;
    throw new UnreachableError(connection.url, error);
  } finally {
    clearTimeout(timer);
  }
}

async function openStream(
  connection: Connection,
  deploymentId: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const url = new URL(EVENTS_PATH, connection.url);
  url.searchParams.set("deploymentId", deploymentId);
  const headers = await signHeaders(
    signable("GET", url, { accept: "text/event-stream" }),
    connection.credentials,
    connection.region,
    SIGNING_NAME,
  );
  delete headers["host"]; // fetch sets it from the URL; the signature covers the same value
  const response = await (connection.fetch ?? fetch)(url, { headers, signal });
  if (response.ok && response.body) return response.body;
  const text = await response.text();
  const Refusal = z.object({ __type: z.string(), message: z.string().default("") });
  const said = Refusal.safeParse(jsonOrText(text)).data;
  const type = said?.__type.split("#").pop() ?? `HTTP ${response.status}`;
  throw new ApiError(type, response.status, said?.message || text.slice(0, 300) || type);
}

/** A proxy's page is not JSON; then the text itself is all there is to say. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The `data:` of each event of a server-sent stream; comments and other fields are left out (HTML
 * standard, "event stream interpretation"). An event that the connection cut off is dropped.
 */
export async function* eventData(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be half of a CRLF: it waits for the next chunk.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data:")) data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
      if (line !== "" || data.length === 0) continue;
      yield data.join("\n");
      data = [];
    }
  }
}
