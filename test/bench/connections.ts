/**
 * A load generator over kept-alive connections: requests are bytes that were made before the clock
 * starts, each connection sends one when the answer to the one before is there.
 * @module
 */
import process from "node:process";
import { Line } from "./line.ts";

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
  const broken = Promise.withResolvers<never>();
  const opening = Array.from({ length: connections }, () => Line.open(port, broken.reject));
  const lines = await Promise.all(opening);
  const waits = new Float64Array(requests.length);
  const shared = { next: 0, bodyBytes: 0 };
  const cpu = process.cpuUsage();
  const started = performance.now();
  const served = Promise.all(lines.map((line) => serve(line, requests, waits, shared)));
  await Promise.race([served, broken.promise]);
  const took = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  for (const line of lines) line.close();
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

/** One connection's part of the requests: whichever is next when it is free. */
function serve(
  line: Line,
  requests: readonly Uint8Array[],
  waits: Float64Array,
  shared: { next: number; bodyBytes: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = () => {
      const at = shared.next++;
      const request = requests[at];
      if (!request) return resolve();
      const sentAt = performance.now();
      line.ask(request, (answer) => {
        if (answer.status !== 200) return reject(new Error(answer.body()));
        waits[at] = performance.now() - sentAt;
        shared.bodyBytes += answer.bodyBytes;
        next();
      });
    };
    next();
  });
}
