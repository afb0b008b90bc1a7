/**
 * The compiled binary as a person has it: a server and agents in processes of their own, driven by
 * `runtime` and `aws` commands. Everything lies below one temporary directory and ends with `close`.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { z } from "zod";
import { fetchVia } from "../../core/platform.ts";
import { callJson } from "../../core/wire/aws_json.ts";

export const BINARY = new URL("../../dist/runtime", import.meta.url).pathname;

/** Debian's package; another `aws` may stand earlier on the PATH. */
export const AWS = "/usr/bin/aws";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Host {
  name: string;
  /** Its "file system": AppSpec destinations lie below. */
  installRoot: string;
  /** The agent's own: revisions and journal. */
  root: string;
  config: string;
  agent?: ChildProcess | undefined;
}

export interface JournalLine {
  kind: string;
  commandId?: string;
  deploymentId?: string;
  event?: string;
  what?: string;
  status?: string;
}

export class Fleet {
  readonly directory = mkdtempSync(join(tmpdir(), "runtime-fleet-"));
  readonly hosts: Host[] = [];
  readonly env: Record<string, string>;
  url = "";
  /** Flags of `runtime server` besides where it listens and keeps its data. */
  serverFlags: readonly string[] = [];
  #server: ChildProcess | undefined;
  #agentProgram = BINARY;
  #fetch: typeof fetch = fetch;
  readonly #children = new Set<ChildProcess>();

  constructor() {
    const key = { id: "AKIATESTADMIN0000000", secret: "a-secret-of-the-test-alone" };
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.directory,
      AWS_ACCESS_KEY_ID: key.id,
      AWS_SECRET_ACCESS_KEY: key.secret,
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_PAGER: "",
      RUNTIME_ADMIN_ACCESS_KEY_ID: key.id,
      RUNTIME_ADMIN_SECRET_ACCESS_KEY: key.secret,
    };
  }

  /** A server and joined, polling agents web-1 … web-N with tag role=web. */
  static start(
    hosts: number,
    agentProgram = BINARY,
    serverFlags: readonly string[] = [],
  ): Promise<Fleet> {
    const fleet = new Fleet();
    fleet.serverFlags = serverFlags;
    fleet.#agentProgram = agentProgram;
    return fleet.#begin(hosts);
  }

  /** The same with TLS; whoever is started with `env` trusts the authority. Files in PEM. */
  static startTls(hosts: number, tls: { cert: string; key: string; ca: string }): Promise<Fleet> {
    const fleet = new Fleet();
    fleet.serverFlags = ["--tls-cert", tls.cert, "--tls-key", tls.key];
    fleet.env["NODE_EXTRA_CA_CERTS"] = tls.ca;
    fleet.#fetch = fetchVia({ ca: [readFileSync(tls.ca, "utf8")] });
    return fleet.#begin(hosts);
  }

  async #begin(hosts: number): Promise<Fleet> {
    try {
      await this.startServer();
      if (hosts > 0) await this.#join(hosts);
      return this;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  get data(): string {
    return join(this.directory, "data");
  }

  /** The first start picks a free port; later ones keep it, as a restarted server does. */
  async startServer(): Promise<void> {
    const listen = this.url === "" ? "127.0.0.1:0" : new URL(this.url).host;
    const argv = ["server", "--listen", listen, "--data", this.data, ...this.serverFlags];
    const server = this.#spawn(argv, this.env);
    this.#server = server;
    this.url = (await firstLine(server, "listening on ")).slice("listening on ".length).trim();
    this.env["RUNTIME_URL"] = this.url;
  }

  async killServer(): Promise<void> {
    if (this.#server) await killed(this.#server);
  }

  get serverPid(): number {
    return this.#server?.pid ?? 0;
  }

  async startAgent(host: Host): Promise<void> {
    const env = { ...this.env, HOST_DIR: host.installRoot };
    host.agent = this.#spawn(["agent", "--config", host.config], env, this.#agentProgram);
    await firstLine(host.agent, "agent ");
  }

  async killAgent(host: Host): Promise<void> {
    if (host.agent) await killed(host.agent);
    host.agent = undefined;
  }

  /** `runtime ARGUMENTS…`, to its end. */
  runtime(...argv: string[]): Promise<Ran> {
    return finish(this.#spawn(argv, this.env));
  }

  /** `aws deploy ARGUMENTS…` with nothing changed but the endpoint; answers the parsed output. */
  async aws(...argv: string[]): Promise<Record<string, unknown>> {
    const child = spawn(AWS, ["deploy", ...argv, "--endpoint-url", this.url, "--output", "json"], {
      env: this.env,
    });
    this.#children.add(child);
    const ran = await finish(child);
    if (ran.code !== 0) throw new Error(`aws deploy ${argv.join(" ")}: ${ran.stderr}`);
    return ran.stdout.trim() === "" ? {} : JSON.parse(ran.stdout);
  }

  /** One operation of the API, signed as the admin; answers its output. */
  api(operation: string, input: unknown): Promise<Record<string, unknown>> {
    const endpoint = {
      url: this.url,
      fetch: this.#fetch,
      region: "us-east-1",
      credentials: {
        accessKeyId: this.env["AWS_ACCESS_KEY_ID"] ?? "",
        secretAccessKey: this.env["AWS_SECRET_ACCESS_KEY"] ?? "",
      },
    };
    const target = `CodeDeploy_20141006.${operation}`;
    return callJson(endpoint, { target, service: "codedeploy", input })
      .then((answer) => z.record(z.string(), z.unknown()).parse(answer));
  }

  journal(host: Host): JournalLine[] {
    const file = join(host.root, "journal.jsonl");
    if (!existsSync(file)) return [];
    const text = readFileSync(file, "utf8");
    // What stands behind the last line's end is still being written, or was torn by a kill.
    return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  /** Writes files below a new directory; those in scripts/ become executable. */
  bundle(name: string, files: Record<string, string>): string {
    const directory = join(this.directory, name);
    for (const [path, text] of Object.entries(files)) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      if (path.startsWith("scripts/")) chmodSync(file, 0o755);
    }
    return directory;
  }

  /** Declares application shop and group production of all hosts tagged role=web. */
  async declare(options: { config?: string; rollback?: string } = {}): Promise<void> {
    const file = join(this.directory, "deploy.yaml");
    writeFileSync(
      file,
      `applications:
  - name: shop
    groups:
      - name: production
        tags: { role: web }
        config: ${options.config ?? "CodeDeployDefault.OneAtATime"}
        rollback: ${options.rollback ?? "false"}
`,
    );
    const ran = await this.runtime("apply", "-f", file);
    if (ran.code !== 0) throw new Error(`runtime apply: ${ran.stdout}${ran.stderr}`);
  }

  async close(): Promise<void> {
    for (const child of this.#children) await killed(child);
    await rm(this.directory, { recursive: true, force: true });
  }

  #spawn(argv: string[], env: Record<string, string>, program = BINARY): ChildProcess {
    const child = spawn(program, argv, { env, cwd: this.directory });
    this.#children.add(child);
    return child;
  }

  async #join(count: number): Promise<void> {
    const { stdout } = await this.runtime("token", "create", "--json");
    const { token } = JSON.parse(stdout);
    for (let i = 1; i <= count; i++) {
      const name = `web-${i}`;
      const installRoot = join(this.directory, name);
      const root = join(installRoot, "deployment-root");
      const conf = join(installRoot, "conf");
      const host: Host = { name, installRoot, root, config: join(conf, "codedeployagent.yml") };
      const joined = await this.runtime(
        ...["agent", "join", this.url, "--token", token, "--name", name, "--tag", "role=web"],
        ...["--config-dir", conf, "--root", root, "--install-root", installRoot],
      );
      if (joined.code !== 0) throw new Error(`agent join: ${joined.stdout}${joined.stderr}`);
      this.hosts.push(host);
    }
    await Promise.all(this.hosts.map((host) => this.startAgent(host)));
  }
}

/** Waits until a condition holds; fails with what was waited for after the deadline. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    await new Promise((next) => setTimeout(next, 20));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

function firstLine(child: ChildProcess, start: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = "";
    child.stderr?.on("data", (chunk) => complaint += chunk);
    if (child.stdout) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.startsWith(start)) resolve(line);
        else complaint += `${line}\n`;
      });
    }
    child.on("exit", (code) => reject(new Error(`ended with ${code}: ${complaint}`)));
  });
}

function finish(child: ChildProcess): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const ran: Ran = { code: -1, stdout: "", stderr: "" };
    child.stdout?.on("data", (chunk) => ran.stdout += chunk);
    child.stderr?.on("data", (chunk) => ran.stderr += chunk);
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...ran, code: code ?? -1 }));
  });
}

function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
