/**
 * HAProxy by its Runtime API, a socket that takes commands (`stats socket … level admin`).
 *
 * Out: a server is drained, so that no session is cut (`on-marked-down shutdown-sessions` cuts those
 * of a server that goes into maintenance), and then put into maintenance, which also keeps those away
 * that a cookie or a stick table leads there. In: its check must pass while it is drained still, as
 * a server that leaves maintenance counts as up until its check has failed.
 *
 * What HAProxy is told this way lasts until it is reloaded.
 * @module
 */
import {
  type BalancerCall,
  defineBalancer,
  DRAIN,
  drained,
  hostText,
  Seconds,
  until,
  z,
} from "runtime/plugin";

const Address = z.string().regex(
  /^(unix:\/.+|tcp:.+:\d{1,5})$/,
  "must be unix:/PATH or tcp:HOST:PORT",
);
/** What HAProxy lets a name have; a semicolon would begin another command. */
const NAME = /^[A-Za-z0-9_.:-]+$/;

const Config = z.object({
  /** One, or all of those that share the traffic. */
  socket: z.union([Address, z.array(Address).min(1).max(16)]),
  backend: z.string().regex(NAME, "must be letters, digits and _ . : -"),
  /** The host's name in the backend. */
  server: z.string().min(1).default("{name}"),
  ...DRAIN,
  /** How long HAProxy may take to find the host up. */
  upTimeoutSeconds: Seconds.default(60),
});

type Call = BalancerCall<z.output<typeof Config>>;

const EVERY_MS = 200;
/** Who still comes to a drained server after this long is led there, and would go on to be. */
const STICKY_MS = 30_000;

/** A server of a backend, at one HAProxy. */
interface Server {
  readonly call: Call;
  readonly socket: string;
  readonly name: string;
}

export default defineBalancer({
  name: "haproxy",
  description: "HAProxy, by the socket of its Runtime API",
  config: Config,
  async block(call) {
    const servers = serversOf(call);
    const serving: Server[] = [];
    for (const server of servers) {
      const { status = "" } = await statOf(server);
      if (!/^(MAINT|DRAIN)/.test(status)) serving.push(server);
    }
    try {
      await together(servers, takeOut);
    } catch (error) {
      call.ctx.signal.throwIfAborted();
      // The host runs as before and is not going to be touched; where it was out it may be broken.
      await Promise.allSettled(serving.map((server) => setState(server, "ready")));
      throw error;
    }
  },
  async allow(call) {
    await together(serversOf(call), letIn);
  },
  async check(call) {
    for (const server of serversOf(call)) {
      await statOf(server);
      const level = (await command(server, "show cli level")).trim();
      if (level !== "admin") throw notAllowed(server, `the level of its socket is ${level}`);
    }
  },
});

function serversOf(call: Call): Server[] {
  const { socket, server } = call.config;
  const name = hostText(server, call.host);
  if (!NAME.test(name)) throw new Error(`"${name}" cannot be a server of HAProxy: ${server}`);
  return [socket].flat().map((one) => ({ call, socket: one, name }));
}

/** At all of them, each to its end, before the first failure is told. */
async function together(servers: Server[], act: (server: Server) => Promise<void>) {
  const ends = await Promise.allSettled(servers.map(act));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function takeOut(server: Server): Promise<void> {
  const { config, ctx } = server.call;
  const { status = "", cookie } = await statOf(server);
  // Drained, it would still serve everybody who has its cookie, and never be empty.
  if (!status.startsWith("MAINT") && cookie === "") {
    await setState(server, "drain");
    const withinMs = Math.min(STICKY_MS, config.drainTimeoutSeconds * 1000);
    const patience = { withinMs, everyMs: EVERY_MS };
    await until(ctx, patience, async () => await sessionsOf(server) === 0 || undefined);
  }
  await setState(server, "maint");
  await drained(ctx, config, `sessions of ${named(server)}`, () => sessionsOf(server));
}

async function sessionsOf(server: Server): Promise<number> {
  const stat = await statOf(server);
  return Number(stat["scur"]) + Number(stat["qcur"]);
}

async function letIn(server: Server): Promise<void> {
  const { status = "" } = await statOf(server);
  if (status.startsWith("MAINT")) await setState(server, "drain");
  // "UP 1/3" and "DRAIN 1/3": nobody has checked it yet.
  await becomes(server, /^(DRAIN|UP|no check)$/);
  await setState(server, "ready");
  await becomes(server, /^(UP|no check)/);
}

async function becomes(server: Server, wanted: RegExp): Promise<void> {
  const { config: { upTimeoutSeconds }, ctx } = server.call;
  let status = "";
  const patience = { withinMs: upTimeoutSeconds * 1000, everyMs: EVERY_MS };
  const found = await until(ctx, patience, async () => {
    status = (await statOf(server))["status"] ?? "";
    return wanted.test(status) || undefined;
  });
  if (found) return;
  throw new Error(
    `${named(server)} is ${status} after ${upTimeoutSeconds} s and gets no traffic; look at what ` +
      `HAProxy's check asks of the host, or raise upTimeoutSeconds`,
  );
}

async function setState(server: Server, state: "ready" | "drain" | "maint"): Promise<void> {
  const { name, call: { config: { backend } } } = server;
  const answer = (await command(server, `set server ${backend}/${name} state ${state}`)).trim();
  if (answer === "") return;
  if (/permission denied/i.test(answer)) throw notAllowed(server, answer);
  throw new Error(`${named(server)} could not be set to ${state}: ${answer}`);
}

/** The row of `show stat`, by its columns. */
async function statOf(server: Server): Promise<Record<string, string>> {
  const { backend } = server.call.config;
  // 4: servers alone; -1: all of them.
  const answer = await command(server, `show stat ${backend} 4 -1`);
  if (!answer.startsWith("# pxname,")) {
    throw new Error(
      `HAProxy at ${server.socket} has no backend ${backend}: ${answer.trim()}. Give the name that ` +
        `stands behind "backend" or "listen" in its configuration`,
    );
  }
  const [head = "", ...lines] = answer.trim().split("\n");
  const columns = head.slice(2).split(",");
  const rows = lines.map((line) => {
    const values = line.split(",");
    return Object.fromEntries(columns.map((column, at) => [column, values[at] ?? ""]));
  });
  const row = rows.find(({ svname }) => svname === server.name);
  if (row) return row;
  const names = rows.slice(0, 10).map(({ svname }) => svname).join(", ");
  throw new Error(
    `HAProxy at ${server.socket} has no server ${server.name} in ${backend}` +
      `${
        names && `; it has ${names}`
      }. Let "server" say how its servers are named, such as {name} ` +
      `or {tag:KEY}`,
  );
}

async function command({ call: { ctx }, socket }: Server, text: string): Promise<string> {
  try {
    return await ctx.exchange(socket, `${text}\n`);
  } catch (cause) {
    ctx.signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `HAProxy does not answer "${text}" at ${why}. Is it running, and does its configuration have ` +
        `"stats socket PATH level admin"?`,
      { cause },
    );
  }
}

function notAllowed({ socket }: Server, why: string): Error {
  return new Error(
    `HAProxy at ${socket} lets nobody change servers: ${why}. Write "level admin" behind its ` +
      `"stats socket" and reload it`,
  );
}

function named({ socket, name, call: { config: { backend } } }: Server): string {
  return `${backend}/${name} of HAProxy at ${socket}`;
}
