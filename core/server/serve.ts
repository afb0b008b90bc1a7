/**
 * `runtime server`: opens everything in order, prints `listening on URL` when it answers, and closes
 * everything in reverse. The port is taken before the data directory is touched, so that a start
 * that cannot succeed changes nothing.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { parseDomains } from "../api/artifacts/s3_hosts.ts";
import { type HttpServer, serveHttp } from "../platform.ts";
import { QuotaRefused, quotasFrom } from "../domain/quotas.ts";
import type { BusyGroup } from "../domain/group_policy.ts";
import { DataDirectoryError, errorCode, isDiskFull } from "../store/database.ts";
import { openLog } from "./log.ts";
import { type EventOptions, eventsFrom } from "./open_events.ts";
import { openServer, type RunningServer } from "./open_server.ts";
import { type TopicOptions, topicsFrom } from "./open_topics.ts";
import { realmFrom, RealmRefused } from "./realm.ts";
import { StartRefused } from "./start_refused.ts";

/** As on the command line; paths are relative to the working directory. */
export interface ServeOptions extends EventOptions, TopicOptions {
  /** `HOST:PORT`; port 0 picks a free one. */
  listen: string;
  data: string;
  /** URL of a shared store. */
  store?: string;
  plugins?: string;
  tlsCert?: string;
  tlsKey?: string;
  /** `NAME=VALUE` each; they go before those of RUNTIME_LIMITS. */
  limits: readonly string[];
  /** What becomes of a request for a group that has a deployment under way. */
  busyGroup: BusyGroup;
  /** Account and region of every ARN; those of the environment when not given. */
  account?: string;
  region?: string;
  /** Turns this many seconds into one, 1 to 3600; loopback only. */
  timeLapse?: number;
}

/** Runs the server until SIGTERM or SIGINT; answers the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  let http: HttpServer | undefined;
  let running: RunningServer | undefined;
  try {
    await openLog();
    const { timeLapse = 1 } = options;
    const { hostname, port } = address(options.listen);
    refuseWhatIsMissing(options, hostname);
    const quotas = quotasFrom([...words(process.env["RUNTIME_LIMITS"]), ...options.limits]);
    const realm = realmFrom(options, process.env);
    const topics = topicsFrom(options, process.env);
    const tls = tlsFiles(options);
    let answer = (_: Request): Response | Promise<Response> => notReady();
    http = await listen(hostname, port, tls, (request) => answer(request));
    const url = `${tls ? "https" : "http"}://${hostInUrl(hostname)}:${http.port}`;
    running = await openServer({
      directory: options.data,
      timeLapse,
      events: eventsFrom(options, timeLapse),
      quotas,
      busyGroup: options.busyGroup,
      realm,
      s3Domains: s3Domains(process.env),
      topics,
      url,
    });
    answer = running.fetch;
    for (const line of running.firstStart) console.log(line);
    if (timeLapse !== 1) console.log(lapseNotice(timeLapse));
    console.log(`listening on ${url}`);
    await endSignal();
    return 0;
  } catch (error) {
    console.error(sentence(error, options));
    return 1;
  } finally {
    // Polls end first, or the listener would wait for them.
    running?.stop();
    await http?.stop();
    running?.close();
  }
}

/** RUNTIME_S3_DOMAINS: where `BUCKET.name` is a bucket's address. */
function s3Domains(env: NodeJS.ProcessEnv): string[] {
  try {
    return parseDomains(env["RUNTIME_S3_DOMAINS"] ?? "");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartRefused(`RUNTIME_S3_DOMAINS takes host names, parted by commas: ${reason}`, {
      cause,
    });
  }
}

function address(listen: string): { hostname: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  const hostname = match?.[1] ?? match?.[2];
  if (hostname === undefined || port > 65_535) {
    throw new StartRefused(`--listen takes HOST:PORT, such as 127.0.0.1:8080, not "${listen}".`);
  }
  return { hostname, port };
}

/** `NAME=VALUE` settings of an environment variable, apart by commas or spaces. */
function words(list = ""): string[] {
  return list.split(/[\s,]+/).filter((word) => word !== "");
}

function refuseWhatIsMissing(options: ServeOptions, hostname: string): void {
  if (options.store !== undefined) {
    throw new StartRefused(
      "--store: this version keeps its store in the data directory; leave --store out.",
    );
  }
  if (options.plugins !== undefined) {
    throw new StartRefused("--plugins: this version has its built-in plugins only; leave it out.");
  }
  const loopback = hostname === "localhost" || hostname === "::1" || hostname.startsWith("127.");
  if (options.timeLapse !== undefined && !loopback) {
    throw new StartRefused(
      `--time-lapse shortens every time limit and is for trials on the loopback address, not ` +
        `for ${hostname}. Leave it out, or listen on 127.0.0.1.`,
    );
  }
}

/** A person who reads "5 minutes" somewhere else is to know what that means here. */
function lapseNotice(timeLapse: number): string {
  const seconds = Number((60 / timeLapse).toPrecision(3));
  const said = seconds === 1 ? "1 second" : `${seconds} seconds`;
  return `time-lapse: minutes are ${timeLapse} times shorter; one lasts ${said} here.`;
}

function tlsFiles({ tlsCert, tlsKey }: ServeOptions): { cert: string; key: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new StartRefused("--tls-cert and --tls-key go together; give both or neither.");
  }
  for (const file of [tlsCert, tlsKey]) {
    if (!existsSync(file)) throw new StartRefused(`the TLS file ${file} does not exist.`);
  }
  return { cert: readFileSync(tlsCert, "utf8"), key: readFileSync(tlsKey, "utf8") };
}

async function listen(
  hostname: string,
  port: number,
  tls: { cert: string; key: string } | undefined,
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<HttpServer> {
  try {
    return await serveHttp({ hostname, port, fetch, ...(tls && { tls }) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const inUse = /EADDRINUSE|in use/i.test(`${errorCode(cause) ?? ""} ${reason}`);
    throw new StartRefused(
      inUse
        ? `port ${port} on ${hostname} is in use by another program. Stop it, or give another ` +
          `port with --listen.`
        : `cannot listen on ${hostname}:${port}: ${reason}`,
      { cause },
    );
  }
}

/** One sentence for a person; only what we did not foresee shows its stack. */
function sentence(error: unknown, options: ServeOptions): string {
  if (error instanceof StartRefused || error instanceof DataDirectoryError) return error.message;
  if (error instanceof RealmRefused) return error.message;
  if (error instanceof QuotaRefused) return `--limit or RUNTIME_LIMITS: ${error.message}`;
  if (isDiskFull(error)) {
    return `the disk that holds ${options.data} is full; nothing was changed. Free some space and ` +
      `start again.`;
  }
  const code = errorCode(error);
  if (code === "EACCES" || code === "EROFS" || code === "SQLITE_READONLY") {
    return `${options.data} cannot be written by this user (${code}). Give another directory with ` +
      `--data, or run as its owner.`;
  }
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function hostInUrl(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

function notReady(): Response {
  return new Response("starting\n", { status: 503, headers: { "retry-after": "1" } });
}

function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
}
