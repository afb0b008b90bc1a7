/**
 * Amazon's own addresses, led to a server of ours: for clients that choose them whatever endpoint
 * they are given (`aws deploy push`, `aws deploy register`). A proxy takes `CONNECT` to any name
 * below amazonaws.com to the server's port; the server shows a certificate for those names, and the
 * client trusts the authority that made it. Nothing of the client is changed, and nothing of it
 * reaches the network: a tunnel to any other name is refused.
 *
 *     const hosts = await AwsHosts.start();
 *     const fleet = await Fleet.startTls(1, hosts.tls);
 *     hosts.leadTo(fleet.url);
 *     await hosts.aws(fleet, "deploy", "push", …);   // no --endpoint-url
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthority } from "../agent/authority.ts";
import { ProxyServer } from "../agent/proxy_server.ts";
import { AWS, type Fleet, type Ran } from "./fleet.ts";

const REGIONS = ["us-east-1", "eu-central-1"];

/** A wildcard stands for one label, so each level has its own. */
const NAMES = [
  "localhost",
  "*.localhost",
  "*.amazonaws.com",
  "*.s3.amazonaws.com",
  ...REGIONS.flatMap((region) => [
    `*.${region}.amazonaws.com`,
    `*.s3.${region}.amazonaws.com`,
    `*.s3-fips.${region}.amazonaws.com`,
    `s3.dualstack.${region}.amazonaws.com`,
    `*.s3.dualstack.${region}.amazonaws.com`,
  ]),
];

export class AwsHosts {
  /** Files in PEM: what the server shows, and what its clients trust. */
  readonly tls: { cert: string; key: string; ca: string };
  readonly #directory = mkdtempSync(join(tmpdir(), "aws-hosts-"));
  readonly #proxy = new ProxyServer();
  #target: URL | undefined;

  private constructor() {
    const authority = makeAuthority("Amazon of the test", NAMES);
    const keep = (name: string, text: string): string => {
      const file = join(this.#directory, name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    };
    this.tls = {
      ca: keep("ca.pem", authority.ca),
      cert: keep("cert.pem", authority.cert),
      key: keep("key.pem", authority.key),
    };
    this.#proxy.lead = (host) => {
      const ours = host === "amazonaws.com" || host.endsWith(".amazonaws.com");
      // The discard port: a client that wants to go elsewhere fails at once.
      if (!ours || !this.#target) return { host: "127.0.0.1", port: 9 };
      return { host: this.#target.hostname, port: Number(this.#target.port) };
    };
  }

  static async start(): Promise<AwsHosts> {
    const hosts = new AwsHosts();
    await hosts.#proxy.listen();
    return hosts;
  }

  /** From now on names of Amazon mean this server, which speaks TLS. */
  leadTo(url: string): void {
    this.#target = new URL(url);
  }

  /** The names that were asked for, in order, each as often as a connection was made. */
  get asked(): string[] {
    return this.#proxy.passed.map((line) => line.replace(/^CONNECT (.*):443$/, "$1"));
  }

  /** What a client needs in its environment, besides its keys. */
  get env(): Record<string, string> {
    const { url } = this.#proxy;
    return {
      HTTPS_PROXY: url,
      https_proxy: url,
      NO_PROXY: "127.0.0.1,localhost",
      AWS_CA_BUNDLE: this.tls.ca,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PAGER: "",
    };
  }

  /** Debian's `aws ARGUMENTS…` as the fleet's admin, without an endpoint; to its end. */
  aws(fleet: Fleet, ...argv: string[]): Promise<Ran> {
    const env = { ...fleet.env, ...this.env };
    const child = spawn(AWS, argv, { env, cwd: fleet.directory, timeout: 120_000 });
    return new Promise((resolve, reject) => {
      const ran: Ran = { code: -1, stdout: "", stderr: "" };
      child.stdout.on("data", (chunk) => ran.stdout += chunk);
      child.stderr.on("data", (chunk) => ran.stderr += chunk);
      child.on("error", reject);
      child.on("close", (code) => resolve({ ...ran, code: code ?? -1 }));
    });
  }

  async close(): Promise<void> {
    await this.#proxy.close();
    await rm(this.#directory, { recursive: true });
  }
}
