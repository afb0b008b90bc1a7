/**
 * HAProxy by its Data Plane API, version 3: drain, maintenance and ready over HTTP, for a HAProxy
 * whose socket cannot be reached from here.
 * @module
 */
import {
  askHttp,
  type BalancerCall,
  beginning,
  defineBalancer,
  DRAIN,
  drained,
  hostText,
  jsonOf,
  Seconds,
  until,
  z,
} from "runtime/plugin";

const Config = z.object({
  /** Without the `/v3`. */
  url: z.url({ protocol: /^https?$/, error: "must be http://HOST:PORT or https://HOST:PORT" }),
  user: z.string().regex(/^[!-9;-~]+$/, "must be ASCII without a colon"),
  /** The name of the secret that is the user's password. */
  secret: z.string().min(1),
  backend: z.string().min(1),
  /** The host's name in the backend. */
  server: z.string().min(1).default("{name}"),
  ...DRAIN,
  /** How long HAProxy may take to find the host up. */
  upTimeoutSeconds: Seconds.default(60),
});

const EVERY_MS = 200;
/** Who still comes to a drained server after this long is led there, and would go on to be. */
const STICKY_MS = 30_000;

type Call = BalancerCall<z.output<typeof Config>>;

const RuntimeServer = z.object({ admin_state: z.string(), operational_state: z.string() });
const NativeStats = z.object({
  stats: z.array(z.object({
    name: z.string(),
    stats: z.object({ scur: z.number().default(0), qcur: z.number().default(0) }),
  })).default([]),
});

export default defineBalancer({
  name: "haproxy-data-plane",
  description: "HAProxy, by its Data Plane API",
  config: Config,
  async block(call) {
    const { ctx, config } = call;
    const before = await stateOf(call);
    try {
      if (before.admin_state !== "maint") {
        await setState(call, "drain");
        const withinMs = Math.min(STICKY_MS, config.drainTimeoutSeconds * 1000);
        const patience = { withinMs, everyMs: EVERY_MS };
        await until(ctx, patience, async () => await sessionsOf(call) === 0 || undefined);
      }
      await setState(call, "maint");
      await drained(ctx, config, `sessions of ${named(call)}`, () => sessionsOf(call));
    } catch (error) {
      ctx.signal.throwIfAborted();
      // The host runs as before and is not going to be touched; one that was out may be broken.
      if (before.admin_state !== "maint") await Promise.allSettled([setState(call, "ready")]);
      throw error;
    }
  },
  async allow(call) {
    const { ctx, config: { upTimeoutSeconds } } = call;
    await setState(call, "ready");
    let state = "";
    const up = await until(
      ctx,
      { withinMs: upTimeoutSeconds * 1000, everyMs: EVERY_MS },
      async () => {
        state = (await stateOf(call)).operational_state;
        return state === "up" || undefined;
      },
    );
    if (up) return;
    throw new Error(
      `${
        named(call)
      } is ${state} ${upTimeoutSeconds} s after it was let in; look at what HAProxy's ` +
        `check asks of the host, or raise upTimeoutSeconds`,
    );
  },
  async check(call) {
    await stateOf(call);
    await sessionsOf(call);
  },
});

async function sessionsOf(call: Call): Promise<number> {
  const { backend } = call.config;
  const query = new URLSearchParams({ type: "server", parent: backend, name: serverOf(call) });
  const { stats } = await ask(call, NativeStats, `stats/native?${query}`);
  const [server] = stats;
  if (server) return server.stats.scur + server.stats.qcur;
  throw new Error(`${named(call)} has no statistics; reload HAProxy, or look at its log`);
}

function stateOf(call: Call) {
  return ask(call, RuntimeServer, serverPath(call));
}

async function setState(call: Call, state: "ready" | "drain" | "maint"): Promise<void> {
  await ask(call, RuntimeServer, serverPath(call), {
    method: "PUT",
    body: JSON.stringify({ admin_state: state }),
  });
}

function serverPath(call: Call): string {
  const [backend, server] = [call.config.backend, serverOf(call)].map(encodeURIComponent);
  return `runtime/backends/${backend}/servers/${server}`;
}

function serverOf({ host, config: { server } }: Call): string {
  return hostText(server, host);
}

async function ask<Answer>(
  call: Call,
  Schema: z.ZodType<Answer>,
  path: string,
  order: { method: "GET" | "PUT"; body?: string } = { method: "GET" },
): Promise<Answer> {
  const { ctx, config: { user, secret } } = call;
  const url = `${call.config.url.replace(/\/+$/, "")}/v3/services/haproxy/${path}`;
  const authorization = `Basic ${btoa(`${user}:${await ctx.secret(secret)}`)}`;
  const headers = { "content-type": "application/json", authorization };
  const response = await askHttp(ctx, { url, headers, secretHeaders: {} }, order);
  if (!response.ok) {
    throw refusal(call, `${order.method} ${url}`, response.status, await response.text());
  }
  const document = await jsonOf(response, url);
  const answer = Schema.safeParse(document);
  if (answer.success) return answer.data;
  const said = beginning(JSON.stringify(document));
  throw new Error(`${url} answered what version 3 of the Data Plane API does not: ${said}`);
}

function refusal(call: Call, what: string, status: number, text: string): Error {
  const { user, secret } = call.config;
  const next = status === 401 || status === 403
    ? `is ${user} in its userlist, and the secret ${secret} the password?`
    : status === 404
    ? `HAProxy knows no ${named(call)}, or the API is not version 3; let "backend" and "server" ` +
      `say what its configuration says`
    : `it said: ${beginning(text)}`;
  return new Error(`${what} answered ${status}: ${next}`);
}

function named(call: Call): string {
  return `${call.config.backend}/${serverOf(call)}`;
}
