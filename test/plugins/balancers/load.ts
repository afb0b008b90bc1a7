/**
 * A steady load: clients that keep their connection and clients that open one for each request, some
 * of whose requests are slow. Everything that is not an answer of 200 is a failure.
 * @module
 */
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";

export interface Load {
  /** Answers so far, by who gave them. */
  readonly served: ReadonlyMap<string, number>;
  readonly failures: readonly string[];
  /** Ends when the requests under way have ended. */
  stop(): Promise<void>;
}

const CLIENTS: readonly { path: string; keep: boolean }[] = [
  { path: "/", keep: true },
  { path: "/", keep: false },
  { path: "/slow", keep: true },
  { path: "/slow", keep: true },
  { path: "/slow", keep: false },
  { path: "/slow", keep: false },
];
/** Between two requests of a client. */
const PAUSE_MS = 4;

/** `headers` go with every request, each with its end of line. */
export function startLoad(port: number, headers = ""): Load {
  const served = new Map<string, number>();
  const failures: string[] = [];
  let running = true;
  const clients = CLIENTS.map(async ({ path, keep }) => {
    const client = new Client(port, keep, headers);
    while (running) {
      const answer = await client.get(path);
      if ("failure" in answer) failures.push(`${path}: ${answer.failure}`);
      else served.set(answer.body, (served.get(answer.body) ?? 0) + 1);
      await setTimeout(PAUSE_MS);
    }
    client.close();
  });
  return {
    served,
    failures,
    async stop() {
      running = false;
      await Promise.all(clients);
    },
  };
}

type Answer = { body: string } | { failure: string };

/** One of HTTP/1.1, so small that it is known what it does when a connection closes. */
class Client {
  readonly #port: number;
  readonly #keep: boolean;
  readonly #headers: string;
  #kept: Connection | undefined;

  constructor(port: number, keep: boolean, headers: string) {
    this.#port = port;
    this.#keep = keep;
    this.#headers = headers;
  }

  /**
   * A kept connection may be closed by the other side at any time while nothing is under way; a
   * client then asks again over a new one (RFC 9112 9.3.1), and only then.
   */
  async get(path: string): Promise<Answer> {
    const kept = this.#kept;
    const text = kept && !kept.closed ? await this.#ask(kept, path) : "";
    return answerIn(text === "" ? await this.#ask(new Connection(this.#port), path) : text);
  }

  close(): void {
    this.#kept?.close();
  }

  async #ask(connection: Connection, path: string): Promise<string> {
    const keep = this.#keep ? "keep-alive" : "close";
    const head = `GET ${path} HTTP/1.1\r\nhost: shop\r\nconnection: ${keep}\r\n`;
    const text = await connection.ask(`${head}${this.#headers}\r\n`);
    if (this.#keep && !/^connection: close\r$/im.test(text)) this.#kept = connection;
    else connection.close();
    return text;
  }
}

/** Notices at once when the other side closes it, also while nothing is under way. */
class Connection {
  closed = false;
  readonly #socket: Socket;
  #heard = "";
  #wake = () => {};

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (chunk) => {
      this.#heard += chunk;
      this.#wake();
    });
    for (const event of ["error", "end", "close"]) this.#socket.on(event, () => this.close());
  }

  /** What comes until the answer is whole or the connection ends. */
  async ask(text: string): Promise<string> {
    this.#heard = "";
    this.#socket.write(text);
    while (!this.closed && !isWhole(this.#heard)) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#heard;
  }

  close(): void {
    this.closed = true;
    this.#socket.destroy();
    this.#wake();
  }
}

function answerIn(text: string): Answer {
  if (text === "") return { failure: "the connection was closed" };
  if (!isWhole(text)) return { failure: "the answer broke off" };
  if (!text.startsWith("HTTP/1.1 200")) return { failure: text.split("\r\n")[0] ?? "" };
  return { body: bodyOf(text) };
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /^content-length: (\d+)\r$/im.exec(text)?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return text.endsWith("0\r\n\r\n");
}

/** Of one chunk, when it came in chunks. */
function bodyOf(text: string): string {
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  return /^transfer-encoding: chunked\r$/im.test(text) ? body.split("\r\n")[1] ?? "" : body;
}
