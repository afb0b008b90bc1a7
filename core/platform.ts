/**
 * The one place that knows which runtime carries us: Bun inside the compiled binary, Deno when the
 * source runs. Everything else uses `node:` and web APIs.
 * @module
 */
import { createReadStream, readFileSync } from "node:fs";
import process from "node:process";

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

/** The command that starts this program again: the binary itself, or `deno run` of the source. */
export function selfCommand(): string[] {
  if (bun) return [process.execPath];
  const main = decodeURIComponent(new URL("../main.ts", import.meta.url).pathname);
  return [process.execPath, "run", "-A", "--no-check", main];
}

/** Resident memory of this process in bytes, from the kernel. */
export function residentBytes(): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(kib ?? 0) * 1024;
}
