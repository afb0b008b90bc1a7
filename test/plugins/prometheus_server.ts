/**
 * Debian's Prometheus, a process of its own on a free port with its data in a folder that goes with
 * it, and a program of metrics for it to scrape.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = "/usr/bin/prometheus";
/** Prometheus asks its targets and its rules this often. */
const INTERVAL = "200ms";
const START_MS = 20_000;

export interface PrometheusInput {
  /** `HOST:PORT` of programs whose `/metrics` are read. */
  scrape: readonly string[];
  /** A file of rules, as YAML. */
  rules?: string;
  /** Its own web settings, as YAML: who may ask it. */
  web?: string;
}

export interface PrometheusServer extends AsyncDisposable {
  readonly url: string;
}

/** Ready when it settles; throws with what Prometheus printed when it does not start. */
export async function startPrometheus(
  { scrape, rules = "", web }: PrometheusInput,
): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), "prometheus-"));
  const config = {
    global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
    rule_files: ["rules.yml"],
    scrape_configs: [{ job_name: "shop", static_configs: [{ targets: scrape }] }],
  };
  // JSON is YAML, too.
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
  writeFileSync(join(folder, "rules.yml"), rules);
  if (web !== undefined) writeFileSync(join(folder, "web.yml"), web);
  const child = spawn(PROGRAM, [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    "--web.listen-address=127.0.0.1:0",
    "--log.format=json",
    ...(web === undefined ? [] : [`--web.config.file=${join(folder, "web.yml")}`]),
  ], { stdio: ["ignore", "ignore", "pipe"] });
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = await readyAt(child);
    return { url, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Its address, once it says that it is ready. */
async function readyAt(child: ChildProcess): Promise<string> {
  const failed = once(child, "error").then(([error]) => Promise.reject(error));
  const late = globalThis.setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    return await Promise.race([printedAddress(child), failed]);
  } finally {
    clearTimeout(late);
  }
}

async function printedAddress({ stderr }: ChildProcess): Promise<string> {
  if (!stderr) throw new Error("the process has no stderr");
  const printed: string[] = [];
  let address: string | undefined;
  for await (const line of createInterface({ input: stderr })) {
    printed.push(line);
    address ??= /"address":"(127\.0\.0\.1:[1-9]\d*)".*"Listening on"/.exec(line)?.[1];
    if (address !== undefined && line.includes("Server is ready")) break;
  }
  // It goes on printing, and must not be held up by that.
  stderr.resume();
  if (address !== undefined) return `http://${address}`;
  throw new Error(`${PROGRAM} has ended or does not start:\n${printed.join("\n")}`);
}

/** A program that has metrics, as its test sets them. */
export interface Exporter extends AsyncDisposable {
  /** `HOST:PORT` */
  readonly address: string;
  /** Lines such as `errors_total{group="web"} 3`. */
  metrics: string;
}

export async function startExporter(metrics: string): Promise<Exporter> {
  const server: Server = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(`${exporter.metrics.trim()}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const port = typeof bound === "object" && bound ? bound.port : 0;
  const exporter: Exporter = {
    address: `127.0.0.1:${port}`,
    metrics,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return exporter;
}
