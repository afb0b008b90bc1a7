/**
 * `GET /events?deploymentId=…`: a deployment's changes as server-sent events (core/wire/
 * event_stream.ts says what they are). A reader that does not keep up is cut off rather than
 * buffered without end; it comes back and gets the present state. A stream ends with its key.
 * @module
 */
import { randomUUID } from "node:crypto";
import { clearInterval, setInterval } from "node:timers";
import { Hono } from "hono";
import { z } from "zod";
import { TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { DomainError } from "../domain/errors.ts";
import { DeploymentId } from "../domain/name.ts";
import type { Engine } from "../engine/engine.ts";
import { EVENTS_PATH, type StreamEvent } from "../wire/event_stream.ts";
import { CODEDEPLOY_SIGNING_NAME } from "./codedeploy_operations.ts";
import { errorResponse } from "./error_response.ts";
import { mayCall, parseInput } from "./operation.ts";
import { authenticateJson } from "./authenticate.ts";
import { isOver } from "./session_token.ts";
import type { ApiContext } from "./context.ts";

/** Comment lines at this interval (milliseconds) keep proxies from closing a quiet stream. */
const HEARTBEAT = 15_000;
/** Bytes a slow reader may be behind. */
const BACKLOG_LIMIT = 8 * 1024 * 1024;
const NO_BODY = new Uint8Array();
const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store" };
const Input = z.object({ deploymentId: DeploymentId });

/** Signed as any call of the API; a viewer may listen. */
export function eventRoutes(
  engine: Engine,
  authority: Pick<ApiContext, "keys" | "now">,
): Hono {
  return new Hono().get(EVENTS_PATH, async ({ req }) => {
    try {
      const { caller } = await authenticateJson(authority, req.raw, NO_BODY, [
        CODEDEPLOY_SIGNING_NAME,
      ]);
      if (!mayCall(caller.role, "viewer")) {
        throw new DomainError(
          "AccessDeniedException",
          "",
          "A host's key cannot follow deployments.",
        );
      }
      const { deploymentId } = parseInput(Input, req.query(), {});
      engine.deployment(deploymentId);
      // A HEAD comes here as well; its body would never be read, nor let go.
      const head = req.raw.method === "HEAD";
      const mayListen = () => mayStill(authority, caller.accessKeyId);
      const { signal } = req.raw;
      const body = head ? null : deploymentEvents(engine, deploymentId, { signal, mayListen });
      return new Response(body, { headers: HEADERS });
    } catch (error) {
      return errorResponse(error, { id: randomUUID(), operation: "events" });
    }
  });
}

/** Whether a key that began to listen could begin now: it may have been taken away, or its session ended. */
function mayStill({ keys, now }: Pick<ApiContext, "keys" | "now">, accessKeyId: string): boolean {
  const key = keys.find(accessKeyId);
  return key !== undefined && !isOver(key, now()) && mayCall(key.role, "viewer");
}

/** The stream of a deployment that is known to exist. */
function deploymentEvents(
  engine: Engine,
  deploymentId: string,
  { signal, mayListen }: { signal: AbortSignal; mayListen(): boolean },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let release = () => {};
  const queue = new ByteLengthQueuingStrategy({ highWaterMark: BACKLOG_LIMIT });
  return new ReadableStream<Uint8Array>({
    start(controller) {
      let released = false;
      const close = () => {
        if (released) return;
        release();
        controller.close();
      };
      const send = (text: string) => {
        if (released) return;
        if ((controller.desiredSize ?? 0) < 0 || !mayListen()) return close();
        controller.enqueue(encoder.encode(text));
      };
      const tell = (event: StreamEvent) => {
        send(`data: ${JSON.stringify(event)}\n\n`);
        if (event.kind === "deployment" && TERMINAL_DEPLOYMENT.has(event.status)) close();
      };
      const watch = engine.watch(deploymentId, tell);
      const beat = setInterval(() => send(": \n\n"), HEARTBEAT);
      release = () => {
        if (released) return;
        released = true;
        clearInterval(beat);
        watch.stop();
        signal.removeEventListener("abort", close);
      };
      signal.addEventListener("abort", close);
      if (signal.aborted) return close();
      for (const event of watch.now) tell(event);
    },
    cancel: () => release(),
  }, queue);
}
