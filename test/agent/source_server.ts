/**
 * A place where bundles are, over real HTTP or HTTPS: answers by path, and keeps what it was asked.
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A status alone, a redirect, or bytes. */
export type Reply = number | { to: string; status?: number } | { bytes: Uint8Array; eTag?: string };

export interface Asked {
  path: string;
  authorization: string | undefined;
  range: string | undefined;
}

export interface Certificate {
  key: string;
  cert: string;
}

export class SourceServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** By path with its query; the last reply of a path is given again and again. */
  readonly replies = new Map<string, Reply[]>();
  url = "";
  readonly #server: Server;

  constructor(certificate?: Certificate) {
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      this.#answer(request, response);
    this.#server = certificate ? createSecureServer(certificate, answer) : createServer(answer);
    this.#scheme = certificate ? "https" : "http";
  }

  readonly #scheme: string;

  /** `host` is one of this machine's names. */
  async listen(host: "127.0.0.1" | "localhost" = "127.0.0.1"): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (typeof address === "object" && address) {
      this.url = `${this.#scheme}://${host}:${address.port}`;
    }
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ url: path = "", headers }: IncomingMessage, response: ServerResponse): void {
    const { authorization, range } = headers;
    this.asked.push({ path, authorization, range });
    const replies = this.replies.get(path) ?? [404];
    const reply = (replies.length > 1 ? replies.shift() : replies[0]) ?? 404;
    if (typeof reply === "number") {
      response.writeHead(reply, STATUS_CODES[reply]).end("nothing to see");
    } else if ("to" in reply) {
      response.writeHead(reply.status ?? 302, { location: reply.to }).end();
    } else {
      if (reply.eTag !== undefined) response.setHeader("etag", reply.eTag);
      response.writeHead(200, { "content-length": reply.bytes.length }).end(reply.bytes);
    }
  }
}

/** A certificate of this machine that no authority knows. */
export async function newCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "certificate-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const names = ["subjectAltName=DNS:localhost,IP:127.0.0.1", "basicConstraints=CA:FALSE"];
    await promisify(execFile)("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
      ...names.flatMap((name) => ["-addext", name]),
    ]);
    return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  } finally {
    await rm(folder, { recursive: true });
  }
}
