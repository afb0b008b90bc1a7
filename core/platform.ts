/**
 * What differs between the runtimes that carry us: Bun inside the compiled binary, Deno when the
 * source runs. With `platform/libc.ts` the only place that knows; all else uses `node:` and web APIs.
 * @module
 */
import { createReadStream, readFileSync } from "node:fs";
import process from "node:process";
import { openLibc } from "./platform/libc.ts";

const bun = typeof Bun !== "undefined";

export interface HttpOptions {
  hostname: string;
  /** 0 picks a free one. */
  port: number;
  /** PEM texts; without them the server speaks plain HTTP. */
  tls?: { cert: string; key: string };
  fetch(request: Request): Response | Promise<Response>;
}

export interface HttpServer {
  hostname: string;
  port: number;
  /** Stops listening and drops open connections (long polls included). */
  stop(): Promise<void>;
}

/** Seconds a connection may be silent; must outlast the longest poll (trap 41: under 80 s). */
const IDLE_SECONDS = 120;

/** Listens and hands each request to `fetch`. Rejects with the system's error (EADDRINUSE …). */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { hostname, port, tls, fetch } = options;
  if (bun) {
    const server = Bun.serve({
      hostname,
      port,
      fetch,
      idleTimeout: IDLE_SECONDS,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      ...(tls && { tls }),
    });
    return {
      hostname,
      port: server.port ?? port,
      stop: () => server.stop(true),
    };
  }
  const abort = new AbortController();
  const server = Deno.serve(
    { hostname, port, signal: abort.signal, onListen() {}, ...tls },
    (request) => fetch(request),
  );
  return await Promise.resolve({
    hostname,
    port: server.addr.port,
    async stop() {
      abort.abort();
      await server.finished;
    },
  });
}

/** A response body of the bytes `start` (inclusive) to `end` (exclusive) of a file, never held whole. */
export function fileBody(path: string, start: number, end: number): BodyInit {
  if (bun) return Bun.file(path).slice(start, end);
  if (end <= start) return new Uint8Array();
  return ReadableStream.from<Uint8Array>(createReadStream(path, { start, end: end - 1 }));
}

/** How a request leaves this machine, where it is not the usual way. */
export interface Route {
  /** `http://[user:password@]host:port`; https goes through CONNECT, http by its whole address. */
  proxy?: string;
  /** Certificates in PEM of authorities that are trusted besides the usual ones. */
  ca?: readonly string[];
}

/** A `fetch` that takes the route. Certificates are always verified. */
export function fetchVia({ proxy, ca }: Route): typeof fetch {
  if (bun) {
    // What is given here takes the place of the usual authorities.
    const { rootCertificates } = process.getBuiltinModule("node:tls");
    const tls = ca && { ca: [...rootCertificates, ...ca] };
    const route = { ...(proxy !== undefined && { proxy }), ...(tls && { tls }) };
    return asFetch((input, init) => fetch(input, { ...init, ...route }));
  }
  const client = Deno.createHttpClient({
    ...(proxy !== undefined && { proxy: denoProxy(new URL(proxy)) }),
    ...(ca && { caCerts: [...ca] }),
  });
  return asFetch((input, init) => fetch(input, { ...init, client }));
}

function denoProxy({ protocol, host, username, password }: URL) {
  const url = `${protocol}//${host}`;
  if (username === "") return { url };
  const basicAuth = {
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
  return { url, basicAuth };
}

type Ask = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Bun's type of `fetch` has a second function beside it, which nobody here calls. */
export function asFetch(ask: Ask): typeof fetch {
  return Object.assign(ask, { preconnect() {} });
}

/** The command that starts this program again: the binary itself, or `deno run` of the source. */
export function selfCommand(): string[] {
  if (bun) return [process.execPath];
  const main = decodeURIComponent(new URL("../main.ts", import.meta.url).pathname);
  return [process.execPath, "run", "--quiet", "-A", "--no-check", main];
}

/**
 * Gives back buffers that nobody holds any more. The collector counts its own heap and not the bytes
 * that streams hand on outside it, so a gigabyte that flows through leaves a hundred megabytes behind
 * before it looks. Takes a few milliseconds with the small heap of an agent.
 */
export function collectGarbage(): void {
  if (bun) Bun.gc(true);
}

/** Linux's MADV_PAGEOUT: these pages are not needed soon. */
const PAGE_OUT = 21;

/**
 * Gives back memory that an idle process holds: garbage, and the pages of the program's own code,
 * which the kernel keeps in its cache and lends again when they are touched: some 30 MiB after the
 * start of a compiled binary. Costs a few milliseconds; pages that another process of the same file
 * holds stay, and where the system has no such call nothing happens.
 */
export function releaseIdleMemory(): void {
  if (!bun) return;
  Bun.gc(true);
  adviseOfCode ??= codeAdviser();
  for (const [start, bytes] of codeMappings()) adviseOfCode(start, bytes);
}

type Adviser = (start: number, bytes: number) => void;
let adviseOfCode: Adviser | undefined;

function codeAdviser(): Adviser {
  const libc = openLibc({ madvise: ["usize", "usize", "i32"] });
  // Without it everything works, with more memory held.
  return (start, bytes) => void libc?.madvise(start, bytes, PAGE_OUT);
}

/** Address and length of the program's own mappings that nothing writes to. */
function* codeMappings(): Generator<[start: number, bytes: number]> {
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r-..+? (\/.*)$/.exec(line);
    if (!match || match[3] !== process.execPath) continue;
    const start = parseInt(match[1] ?? "", 16);
    yield [start, parseInt(match[2] ?? "", 16) - start];
  }
}
