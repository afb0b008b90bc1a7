/**
 * A real proxy: `CONNECT host:port` for https, a request with its whole address for http. It keeps
 * what it was asked for.
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export class ProxyServer {
  /** `CONNECT host:port` and `GET http://…`, in order. */
  readonly passed: string[] = [];
  /** `user:password` that is asked for. */
  credentials: string | undefined;
  url = "";
  /** Where a tunnel to a host ends instead, for hosts that a test stands in for. */
  lead: (host: string) => { host: string; port: number } | undefined = () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  constructor() {
    this.#server = createServer((incoming, response) => {
      this.passed.push(`${incoming.method} ${incoming.url}`);
      if (!this.#allowed(incoming)) {
        response.statusCode = 407;
        response.end();
        return;
      }
      const { method, headers, url = "" } = incoming;
      incoming.pipe(
        request(url, { method, headers, agent: false }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        }).on("error", () => response.destroy()),
      );
    });
    this.#server.on("connection", (socket: Socket) => this.#keep(socket));
    this.#server.on("connect", (incoming: IncomingMessage, socket: Socket) => {
      this.passed.push(`CONNECT ${incoming.url}`);
      if (!this.#allowed(incoming)) {
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      const { hostname, port } = new URL(`http://${incoming.url}`);
      const to = this.lead(hostname) ?? { host: hostname, port: Number(port) };
      const upstream = connect(to.port, to.host, () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        upstream.pipe(socket);
        socket.pipe(upstream);
      });
      this.#keep(upstream);
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (typeof address === "object" && address) this.url = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #allowed({ headers }: IncomingMessage): boolean {
    if (this.credentials === undefined) return true;
    const basic = Buffer.from(this.credentials).toString("base64");
    return headers["proxy-authorization"] === `Basic ${basic}`;
  }
}
