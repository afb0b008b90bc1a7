/**
 * The unchanged aws CLI that believes it speaks to Amazon: every `*.amazonaws.com` leads, by a proxy,
 * to our server, whose certificate an authority of the test signed for those names.
 * @module
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeAuthority } from "../agent/authority.ts";
import { ProxyServer } from "../agent/proxy_server.ts";
import { AWS, Fleet, type Ran } from "./fleet.ts";

const NAMES = ["localhost", "*.amazonaws.com", "*.us-east-1.amazonaws.com"];

export class Amazon {
  readonly fleet: Fleet;
  readonly proxy: ProxyServer;
  /** What a command needs to find us in Amazon's place. */
  readonly env: Record<string, string>;

  private constructor(fleet: Fleet, proxy: ProxyServer, ca: string) {
    this.fleet = fleet;
    this.proxy = proxy;
    this.env = { ...fleet.env, HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: ca, NO_PROXY: "127.0.0.1" };
  }

  /** A server with TLS and no host, and the way to it. */
  static async open(directory: string): Promise<Amazon> {
    const authority = makeAuthority("amazon of the test", NAMES);
    const file = (name: string, text: string) => {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    };
    const ca = file("ca.pem", authority.ca);
    const fleet = await Fleet.startTls(0, {
      ca,
      cert: file("cert.pem", authority.cert),
      key: file("key.pem", authority.key),
    });
    const proxy = new ProxyServer();
    proxy.lead = (host) =>
      host.endsWith(".amazonaws.com")
        ? { host: "127.0.0.1", port: Number(new URL(fleet.url).port) }
        : undefined;
    await proxy.listen();
    return new Amazon(fleet, proxy, ca);
  }

  /** `aws ARGUMENTS…` without an endpoint, to its end. */
  aws(argv: readonly string[], where: { cwd?: string; env?: Record<string, string> } = {}) {
    const child = spawn(AWS, [...argv], {
      env: { ...this.env, ...where.env },
      cwd: where.cwd ?? this.fleet.directory,
    });
    return new Promise<Ran>((resolve, reject) => {
      const ran: Ran = { code: -1, stdout: "", stderr: "" };
      child.stdout.on("data", (chunk) => ran.stdout += chunk);
      child.stderr.on("data", (chunk) => ran.stderr += chunk);
      child.on("error", reject);
      child.on("close", (code) => resolve({ ...ran, code: code ?? -1 }));
    });
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.fleet.close();
  }
}
