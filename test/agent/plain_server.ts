/**
 * Our server behind a front that takes away what is ours: the header that announces the additions is
 * stripped on the way in, so that the server treats our agent as AWS's own, and what a test forges
 * comes back instead of the true answer. One host has joined; its agent runs on this machine.
 * @module
 */
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Agent, startAgent } from "../../core/agent/agent.ts";
import { readConfig } from "../../core/agent/config.ts";
import { join as joinServer } from "../../core/agent/join.ts";
import { machine } from "../../core/agent/lifecycle.ts";
import { putArtifact } from "../../core/cli/artifact.ts";
import { openBundle } from "../../core/cli/bundle.ts";
import { DEFAULT_REALM } from "../../core/domain/identity.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { eventsFrom } from "../../core/server/open_events.ts";
import { openServer, type RunningServer } from "../../core/server/open_server.ts";
import { topicsFrom } from "../../core/server/open_topics.ts";
import { EXTENSION_HEADER } from "../../core/wire/agent_protocol.ts";
import { callJson } from "../../core/wire/aws_json.ts";
import { signable, signHeaders } from "../../core/wire/sigv4.ts";

const ADMIN = {
  accessKeyId: "AKIATESTADMIN0000000",
  secretAccessKey: "a-secret-of-the-test-alone",
};
const REGION = "us-east-1";
export const NAME = "web-1";

/** A request of the agent as the front saw it, and what was answered. */
export interface Call {
  target: string;
  input: Answer;
  status: number;
  output: Answer;
}

// deno-lint-ignore no-explicit-any -- because answers are read member by member, and a wrong one fails
type Answer = any;

/** Changes an answer on its way to the agent; the operation without its prefix. */
export type Forge = (operation: string, output: Answer, input: Answer) => Answer;

export class PlainServer {
  readonly calls: Call[] = [];
  forge: Forge = (_operation, output) => output;
  /** Requests of these operations break off after the server has heard them, so many times. */
  readonly lost = new Map<string, number>();
  /** False lets the header through, as a server of ours would hear it. */
  isPlain = true;
  url = "";
  readonly directory: string;
  readonly #front: Server;
  readonly #server: RunningServer;
  readonly #agents: Agent[] = [];
  /** Polls of the agent, those that are not answered yet included. */
  heardPolls = 0;
  #keys = { accessKeyId: "", secretAccessKey: "" };

  private constructor(directory: string, server: RunningServer) {
    this.directory = directory;
    this.#server = server;
    this.#front = createServer((request, response) => {
      this.#pass(request, response).catch((error) => response.destroy(error));
    });
  }

  /** A server with application, group and one joined host. */
  static async open(): Promise<PlainServer> {
    const directory = await mkdtemp(join(tmpdir(), "plain-"));
    process.env["RUNTIME_ADMIN_ACCESS_KEY_ID"] = ADMIN.accessKeyId;
    process.env["RUNTIME_ADMIN_SECRET_ACCESS_KEY"] = ADMIN.secretAccessKey;
    const server = await openServer({
      directory: join(directory, "data"),
      timeLapse: 1,
      events: eventsFrom({}),
      quotas: AWS_QUOTAS,
      busyGroup: "refuse",
      realm: DEFAULT_REALM,
      topics: topicsFrom({}, {}),
      url: "http://127.0.0.1",
    });
    delete process.env["RUNTIME_ADMIN_ACCESS_KEY_ID"];
    delete process.env["RUNTIME_ADMIN_SECRET_ACCESS_KEY"];
    const plain = new PlainServer(directory, server);
    await plain.#listen();
    await plain.#join();
    return plain;
  }

  /** One operation for people. */
  api(operation: string, input: object, prefix = "CodeDeploy_20141006."): Promise<Answer> {
    const endpoint = { url: this.url, region: REGION, credentials: ADMIN };
    return callJson(endpoint, { target: prefix + operation, service: "codedeploy", input });
  }

  /** Writes a line into the agent's configuration. */
  configure(key: string, value: unknown): void {
    const text = readFileSync(this.config, "utf8");
    writeFileSync(this.config, `${text}:${key}: ${JSON.stringify(value)}\n`);
  }

  /** Pins the certificate that the server signs specifications with. */
  async pin(): Promise<void> {
    this.configure("order_signer_certificate", await this.certificate());
  }

  /** The server makes it with the first specification; one is asked for in vain. */
  async certificate(): Promise<string> {
    const { newEnvelopeIdentity } = await import("../../core/api/envelope.ts");
    const file = join(this.directory, "data", "envelope.pem");
    const made = newEnvelopeIdentity(Date.now(), Buffer.alloc(16, 7));
    writeFileSync(file, made.key + made.certificate, { mode: 0o600 });
    return made.certificate;
  }

  get config(): string {
    return join(this.directory, "conf", "codedeployagent.yml");
  }

  get root(): string {
    return join(this.directory, "root");
  }

  /** An agent in this process, on the real machine. */
  async start(): Promise<Agent> {
    const config = await readConfig(this.config);
    const agent = await startAgent({ ...config, waitBetweenRunsMs: 10 }, {
      host: machine(config),
      onConnected() {},
    });
    this.#agents.push(agent);
    return agent;
  }

  /** Deploys a folder of these files; answers the deployment's id. */
  async deploy(name: string, files: Record<string, string>): Promise<string> {
    const folder = join(this.directory, name);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text, { mode: 0o755 });
    }
    execFileSync("tar", ["-czf", `${folder}.tgz`, "-C", folder, "."]);
    const bundle = await openBundle(`${folder}.tgz`);
    const place = { bucket: "revisions", key: `${name}.tgz` };
    await putArtifact({ url: this.url, region: REGION, credentials: ADMIN }, place, bundle);
    await bundle.remove();
    const s3Location = { ...place, bundleType: bundle.bundleType };
    const { deploymentId } = await this.api("CreateDeployment", {
      applicationName: "shop",
      deploymentGroupName: "prod",
      revision: { revisionType: "S3", s3Location },
    });
    return deploymentId;
  }

  /** Status and events of the host in a deployment that has ended. */
  async ended(
    deploymentId: string,
  ): Promise<{ status: string; message: string; events: Answer[] }> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const { deploymentInfo: info } = await this.api("GetDeployment", { deploymentId });
      if (["Succeeded", "Failed", "Stopped"].includes(info.status)) {
        const { deploymentTarget } = await this.api("GetDeploymentTarget", {
          deploymentId,
          targetId: NAME,
        });
        const { lifecycleEvents: events } = deploymentTarget.instanceTarget;
        return { status: info.status, message: info.errorInformation?.message ?? "", events };
      }
      if (Date.now() > deadline) throw new Error(`${deploymentId} did not end: ${info.status}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The agent's calls of an operation. */
  heard(operation: string): Call[] {
    return this.calls.filter(({ target }) => target.endsWith(`.${operation}`));
  }

  async close(): Promise<void> {
    this.#server.stop();
    for (const agent of this.#agents) await agent.stop();
    this.#front.closeAllConnections();
    await new Promise((resolve) => this.#front.close(resolve));
    this.#server.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#front.listen(0, "127.0.0.1", resolve));
    const address = this.#front.address();
    if (typeof address === "object" && address) this.url = `http://127.0.0.1:${address.port}`;
  }

  async #join(): Promise<void> {
    const { token } = await this.api("CreateJoinToken", {}, "Runtime_20261125.");
    const code = await joinServer({
      url: this.url,
      token,
      name: NAME,
      tags: [{ Key: "role", Value: "web" }],
      configDir: join(this.directory, "conf"),
      root: this.root,
      installRoot: join(this.directory, "fs"),
      print() {},
    });
    if (code !== 0) throw new Error(`joining ended with ${code}`);
    const file = join(this.directory, "conf", "codedeploy.onpremises.yml");
    const text = readFileSync(file, "utf8");
    const value = (key: string) =>
      new RegExp(`^${key}: *"?([^"\n]+)"?$`, "m").exec(text)?.[1] ?? "";
    this.#keys = {
      accessKeyId: value("aws_access_key_id"),
      secretAccessKey: value("aws_secret_access_key"),
    };
    await this.api("CreateApplication", { applicationName: "shop" });
    await this.api("CreateDeploymentGroup", {
      applicationName: "shop",
      deploymentGroupName: "prod",
      serviceRoleArn: "arn:aws:iam::000000000000:role/deploy",
      onPremisesInstanceTagFilters: [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" }],
    });
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const target = String(request.headers["x-amz-target"] ?? "");
    const url = new URL(request.url ?? "/", this.url);
    const isAgent = request.headers[EXTENSION_HEADER] !== undefined;
    if (target.endsWith(".PollHostCommand")) this.heardPolls++;
    const headers = isAgent && this.isPlain
      ? await this.#plainHeaders(url, target, body.toString())
      : Object.fromEntries(Object.entries(request.headers).map(([name, at]) => [name, String(at)]));
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const answer = await this.#server.fetch(
      new Request(url, {
        method: request.method ?? "GET",
        headers,
        ...(body.length > 0 && { body }),
        signal: gone.signal,
      }),
    );
    response.statusCode = answer.status;
    answer.headers.forEach((value, name) => response.setHeader(name, value));
    let text = Buffer.from(await answer.arrayBuffer());
    if (isAgent) {
      const operation = target.split(".").at(-1) ?? "";
      const input = JSON.parse(body.toString());
      const output = this.forge(operation, JSON.parse(text.toString()), input);
      this.calls.push({ target, input, status: answer.status, output });
      text = Buffer.from(JSON.stringify(output));
      const lose = this.lost.get(operation) ?? 0;
      if (lose > 0) {
        this.lost.set(operation, lose - 1);
        response.destroy();
        return;
      }
    }
    response.removeHeader("content-length");
    response.end(text);
  }

  /** As AWS's agent would send them, signed by the same host. */
  async #plainHeaders(url: URL, target: string, body: string): Promise<Record<string, string>> {
    const service = target.startsWith("CodeDeployCommandService_v20141006.")
      ? "codedeploy-commands"
      : "codedeploy-commands-secure";
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
    return await signHeaders(signable("POST", url, headers, body), this.#keys, REGION, service);
  }
}

/** Plays a test against such a server and clears it away. */
export async function withPlainServer(play: (server: PlainServer) => Promise<void>): Promise<void> {
  const server = await PlainServer.open();
  try {
    await play(server);
  } finally {
    await server.close();
  }
}
