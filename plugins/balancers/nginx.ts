/**
 * nginx by a file of its configuration that holds the `server ADDRESS …;` lines of an upstream. A
 * host is taken out by the word `down` in its line, the file tested, and nginx reloaded.
 *
 * nginx carries on with its old worker processes until their requests have ended. Those are the
 * children that its master had before the reload, so a host is out when the last of them is gone.
 * That waits for requests to other hosts as well: of which host an old worker's requests are, nginx
 * tells nobody.
 * @module
 */
import {
  type BalancerCall,
  defineBalancer,
  DRAIN,
  drained,
  hostText,
  hostUrl,
  type PluginContext,
  Seconds,
  until,
  z,
} from "runtime/plugin";

const Path = z.string().startsWith("/", "must be a whole path, from / on");
const Command = z.array(z.string().min(1)).min(1);

const Config = z.object({
  /** The file with the lines. Nothing else is changed in it. */
  file: Path,
  /** The host's address, as it stands in its line. */
  server: z.string().min(1).default("{name}"),
  test: Command.default(["nginx", "-t"]),
  reload: Command.default(["nginx", "-s", "reload"]),
  /** null: its processes cannot be seen from here; then every drain takes the whole drainTimeoutSeconds. */
  pidFile: Path.nullable().default("/run/nginx.pid"),
  ...DRAIN,
  /** Asked before a host is let in, until it answers 2xx. */
  healthUrl: z.string().min(1).optional(),
  healthTimeoutSeconds: Seconds.default(60),
});

type Call = BalancerCall<z.output<typeof Config>>;

/** How long a master may take to start new workers. */
const RELOAD_MS = 10_000;
const EVERY_MS = 100;

export default defineBalancer({
  name: "nginx",
  description: "nginx, by the server lines of an upstream's file and a reload",
  config: Config,
  async block(call) {
    const { ctx, config } = call;
    const { before, isNew } = await mark(call, "down");
    if (before === undefined) return await ctx.sleep(config.drainTimeoutSeconds * 1000);
    try {
      await drained(ctx, config, "nginx's workers of before the reload", async () => {
        const now = await childrenOfMaster(call);
        return before.filter((pid) => now?.includes(pid)).length;
      });
    } catch (error) {
      ctx.signal.throwIfAborted();
      // The host runs as before and is not going to be touched; one that was out may be broken.
      if (isNew) await mark(call, "up");
      throw error;
    }
  },
  async allow(call) {
    await isHealthy(call);
    await mark(call, "up");
  },
  async check(call) {
    lineOf(call, await textOf(call), "up");
    await childrenOfMaster(call);
    await tested(call);
  },
});

/** Tests under way, by deployment and command. */
const tests = new Map<string, Promise<void>>();

/** One test will do for the hosts of a deployment that are looked at together. */
function tested({ ctx, config: { test }, deployment }: Call): Promise<void> {
  const key = JSON.stringify([deployment.id, test]);
  const underWay = tests.get(key) ??
    succeeds(ctx, test).finally(() => void tests.delete(key));
  tests.set(key, underWay);
  return underWay;
}

/** One change of a file at a time, or one would take the other back. */
const turns = new Map<string, Promise<unknown>>();

function inTurn<Result>(file: string, act: () => Promise<Result>): Promise<Result> {
  const mine = (turns.get(file) ?? Promise.resolve()).then(act);
  // Whoever is next begins after this one, however it ends.
  const ended = mine.then(() => undefined, () => undefined).finally(() => {
    if (turns.get(file) === ended) turns.delete(file);
  });
  turns.set(file, ended);
  return mine;
}

/**
 * Marks the host's line and reloads, also when the line is so already: whether nginx was told is not
 * known after a crash. A test or a reload that fails leaves the file as it was. Answers the master's
 * children of before, and whether the line was not so.
 */
function mark(
  call: Call,
  state: "up" | "down",
): Promise<{ before: string[] | undefined; isNew: boolean }> {
  const { ctx, config: { file, test, reload } } = call;
  return inTurn(file, async () => {
    ctx.signal.throwIfAborted();
    const old = await textOf(call);
    const text = lineOf(call, old, state);
    const before = await childrenOfMaster(call);
    if (text !== old) await ctx.replaceFile(file, text);
    let told = false;
    try {
      await succeeds(ctx, test);
      told = true;
      await succeeds(ctx, reload);
      if (before) await hasReloaded(call, before);
    } catch (cause) {
      // Given up after that, nginx may have read the new file already.
      if (!(told && ctx.signal.aborted) && text !== old) await ctx.replaceFile(file, old);
      ctx.signal.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${why}. ${file} is as it was`, { cause });
    }
    return { before, isNew: text !== old };
  });
}

async function textOf({ ctx, config: { file } }: Call): Promise<string> {
  const text = await ctx.readFile(file);
  if (text !== undefined) return text;
  throw new Error(
    `there is no ${file}; write the "server ADDRESS;" lines of the upstream into it, and include ` +
      `it inside "upstream NAME { … }"`,
  );
}

const LINE = /^([ \t]*server[ \t]+)([^\s;]+)([^;#\n]*);/gm;

/** The text with the host's line marked. Throws when it has none. */
function lineOf({ host, config }: Call, text: string, state: "up" | "down"): string {
  const address = hostText(config.server, host);
  const elsewhere = new Set<string>();
  let found = false;
  const marked = text.replaceAll(LINE, (line, begin: string, of: string, rest: string) => {
    if (of !== address) {
      elsewhere.add(of);
      return line;
    }
    found = true;
    const others = rest.trimEnd().replaceAll(/\s+down(?=\s|$)/g, "");
    return `${begin}${of}${others}${state === "down" ? " down" : ""};`;
  });
  if (found) return marked;
  const there = [...elsewhere].slice(0, 10).join(", ");
  throw new Error(
    `${config.file} has no line "server ${address};"${there && `; it has ${there}`}. Add it, or ` +
      `let "server" say how hosts are written there, such as {name}:8080 or {tag:KEY}:8080`,
  );
}

/** Process ids; undefined when they cannot be seen. */
async function childrenOfMaster({ ctx, config: { pidFile } }: Call): Promise<string[] | undefined> {
  if (pidFile === null) return undefined;
  const pid = (await ctx.readFile(pidFile))?.trim() ?? "";
  const children = /^\d+$/.test(pid)
    ? await ctx.readFile(`/proc/${pid}/task/${pid}/children`)
    : undefined;
  if (children !== undefined) return children.split(" ").filter(Boolean);
  throw new Error(
    `${pidFile} names no process; is nginx running? Set pidFile to what "pid" says in its ` +
      `configuration, or to null where its processes cannot be seen from here`,
  );
}

/** Settles when there are new workers, and those of before take no more connections. */
async function hasReloaded(call: Call, before: readonly string[]): Promise<void> {
  const { ctx } = call;
  const patience = { withinMs: RELOAD_MS, everyMs: EVERY_MS };
  const reloaded = await until(ctx, patience, async () => {
    const now = await childrenOfMaster(call) ?? [];
    if (now.every((pid) => before.includes(pid))) return undefined;
    const old = now.filter((pid) => before.includes(pid));
    const titles = await Promise.all(old.map((pid) => ctx.readFile(`/proc/${pid}/cmdline`)));
    return titles.every((title) => title?.includes("shutting down") ?? true) || undefined;
  });
  if (reloaded) return;
  throw new Error(
    `nginx did not take the configuration on within ${RELOAD_MS / 1000} s of ` +
      `${call.config.reload.join(" ")}; its error log says why`,
  );
}

async function succeeds(ctx: PluginContext, command: readonly string[]): Promise<void> {
  const { code, stderr } = await ctx.run(command);
  if (code === 0) return;
  const said = stderr.trim().split("\n").slice(-3).join(" | ");
  throw new Error(`${command.join(" ")} failed with exit code ${code}: ${said}`);
}

async function isHealthy({ ctx, host, config }: Call): Promise<void> {
  if (config.healthUrl === undefined) return;
  const url = hostUrl(config.healthUrl, host);
  let said = "";
  const patience = { withinMs: config.healthTimeoutSeconds * 1000, everyMs: EVERY_MS };
  const healthy = await until(ctx, patience, async () => {
    try {
      const { ok, status } = await ctx.fetch(url, { redirect: "manual" });
      said = `GET ${url} answered ${status}`;
      return ok || undefined;
    } catch (error) {
      ctx.signal.throwIfAborted();
      said = error instanceof Error ? error.message : String(error);
    }
  });
  if (healthy) return;
  throw new Error(
    `${host.name} is not healthy after ${config.healthTimeoutSeconds} s: ${said}. It stays out of ` +
      `nginx; look at its application, or raise healthTimeoutSeconds`,
  );
}
