/**
 * A bundle store over real HTTP with ranges and conditions, that breaks off, changes its object or
 * lacks an ability when a test says so. It keeps what it was asked.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What a request asked for; undefined where the header was not sent. */
export interface Asked {
  range: string | undefined;
  ifMatch: string | undefined;
  /** Names of the headers that the signature covers. */
  signed: string[];
}

export class BundleStore {
  readonly asked: Asked[] = [];
  /** Each answer breaks off after that many bytes; an answer beyond the list is whole. */
  readonly tears: number[] = [];
  /** Called before an answer is begun, with its number from 1. */
  beforeAnswer: (answer: number) => void = () => undefined;
  /** The answer waits for this before its last byte. */
  lastByte: Promise<void> = Promise.resolve();
  bytes: Uint8Array = new Uint8Array();
  eTag: string | undefined = '"e1"';
  ranges: "answered" | "ignored" | "shifted" = "answered";
  conditions: "answered" | "ignored" = "answered";
  url = "";
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => response.destroy(error));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (typeof address === "object" && address) this.url = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer({ headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const ifMatch = headers["if-match"];
    const signed = /SignedHeaders=([^,]*)/.exec(headers.authorization ?? "")?.[1]?.split(";") ?? [];
    this.asked.push({ range: headers.range, ifMatch, signed });
    this.beforeAnswer(this.asked.length);
    if (this.conditions === "answered" && ifMatch !== undefined && ifMatch !== this.eTag) {
      response.statusCode = 412;
      response.end("<Error><Code>PreconditionFailed</Code></Error>");
      return;
    }
    const from = this.#start(headers.range, response);
    if (from > this.bytes.length) {
      response.statusCode = 416;
      response.end("<Error><Code>InvalidRange</Code></Error>");
      return;
    }
    if (this.eTag) response.setHeader("etag", this.eTag);
    await this.#send(this.bytes.subarray(from), response);
  }

  #start(range: string | undefined, response: ServerResponse): number {
    if (range === undefined || this.ranges === "ignored") return 0;
    const from = Number(/^bytes=(\d+)-$/.exec(range)?.[1]) - (this.ranges === "shifted" ? 1 : 0);
    const size = this.bytes.length;
    response.statusCode = 206;
    response.setHeader("content-range", `bytes ${from}-${size - 1}/${size}`);
    return from;
  }

  async #send(body: Uint8Array, response: ServerResponse): Promise<void> {
    response.setHeader("content-length", body.length);
    const tear = this.tears.shift();
    if (tear !== undefined) {
      response.write(body.subarray(0, tear), () => response.destroy());
      return;
    }
    response.write(body.subarray(0, -1));
    await this.lastByte;
    response.end(body.subarray(-1));
  }
}

/** Runs with a store that listens. */
export async function withStore(play: (store: BundleStore) => Promise<void>): Promise<void> {
  const store = new BundleStore();
  await store.listen();
  try {
    await play(store);
  } finally {
    await store.close();
  }
}

/** Whoever asks. */
export const identity = {
  hostIdentifier: "arn",
  name: "web-01",
  region: "us-east-1",
  credentials: () => Promise.resolve({ accessKeyId: "AKIAHOST", secretAccessKey: "s" }),
};
