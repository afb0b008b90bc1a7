/**
 * A load generator over kept-alive connections: requests are bytes that were made before the clock
 * starts, each connection sends one when the answer to the one before is there. Raw sockets, because
 * a client that costs as much as the server would measure itself.
 * @module
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import process from "node:process";

export interface Measured {
  /** Answers a second. */
  perSecond: number;
  /** Milliseconds from a request's sending to its whole answer. */
  p50: number;
  p99: number;
  /** Of a core, what this process used meanwhile. */
  generator: number;
  /** Bytes of a body, on the average. */
  bodyBytes: number;
}

/** Sends all requests, over so many connections. Throws for an answer that is not 200. */
export async function send(
  port: number,
  requests: readonly Uint8Array[],
  connections: number,
): Promise<Measured> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const waits = new Float64Array(requests.length);
  const shared = { next: 0, bodyBytes: 0 };
  const cpu = process.cpuUsage();
  const started = performance.now();
  await Promise.all(sockets.map((socket) => serve(socket, requests, waits, shared)));
  const took = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  for (const socket of sockets) socket.destroy();
  waits.sort();
  const at = (share: number) => waits[Math.floor(share * (waits.length - 1))] ?? NaN;
  return {
    perSecond: requests.length / took * 1000,
    p50: at(0.5),
    p99: at(0.99),
    generator: (user + system) / 1000 / took,
    bodyBytes: Math.round(shared.bodyBytes / requests.length),
  };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** One connection's part of the requests: whichever is next when it is free. */
function serve(
  socket: Socket,
  requests: readonly Uint8Array[],
  waits: Float64Array,
  shared: { next: number; bodyBytes: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = -1;
    let sentAt = 0;
    let received: Buffer | undefined;
    const next = () => {
      at = shared.next++;
      const request = requests[at];
      if (!request) return resolve();
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed a connection")));
    socket.on("data", (chunk: Buffer) => {
      received = received ? Buffer.concat([received, chunk]) : chunk;
      const whole = answerIn(received);
      if (!whole) return;
      if (whole.status !== 200) return reject(new Error(received.toString()));
      waits[at] = performance.now() - sentAt;
      shared.bodyBytes += whole.bodyBytes;
      received = undefined;
      next();
    });
    next();
  });
}

/** Undefined until the answer is whole. */
function answerIn(bytes: Buffer): { status: number; bodyBytes: number } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const bodyBytes = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? NaN);
  if (Number.isNaN(bodyBytes)) throw new Error(`an answer without a length: ${head}`);
  if (bytes.length < end + 4 + bodyBytes) return undefined;
  return { status: Number(head.slice(9, 12)), bodyBytes };
}
