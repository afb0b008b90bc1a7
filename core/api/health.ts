/**
 * `GET /healthz`: the process answers. `GET /readyz`: the store can be read and written. Both without
 * a signature, for load balancers and supervisors.
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { Hono } from "hono";
import { isDiskFull } from "../store/database.ts";
import { noteReady } from "../store/readiness.ts";
import type { ApiContext } from "./context.ts";

/** A verdict is repeated for this long (milliseconds): nobody can make the disk busy by asking. */
const VERDICT_AGE = 1_000;

type Verdict = { ready: true } | { ready: false; reason: string };

export function healthRoutes({ store, now }: Pick<ApiContext, "store" | "now">): Hono {
  let last: { at: number; verdict: Promise<Verdict> } | undefined;
  const verdict = () => {
    const at = now();
    if (!last || Math.abs(at - last.at) >= VERDICT_AGE) last = { at, verdict: judge(store, at) };
    return last.verdict;
  };
  return new Hono()
    .get("/healthz", (c) => c.text("ok"))
    .get("/readyz", async (c) => {
      const found = await verdict();
      return found.ready ? c.text("ready") : c.text(found.reason, 503);
    });
}

async function judge(store: ApiContext["store"], at: number): Promise<Verdict> {
  try {
    await noteReady(store, at);
    return { ready: true };
  } catch (error) {
    getLogger(["runtime", "api"]).error("the store is not ready: {error}", { error });
    const reason = isDiskFull(error)
      ? "the server's disk is full; free space in its data directory"
      : "the store cannot be read or written; the server's log has the cause";
    return { ready: false, reason };
  }
}
