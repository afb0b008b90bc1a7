/** One question and its answer over a socket, as programs with a control socket speak. @module */
import { Buffer } from "node:buffer";
import { connect, type NetConnectOpts } from "node:net";
import { limitOf } from "./call_limit.ts";

const ANSWER_BYTES_MAX = 1024 * 1024;

/** Writes the text, closes this side, and answers what comes until the other side closes. */
export async function exchange(
  address: string,
  text: string,
  step: AbortSignal,
  timeoutMs?: number,
): Promise<string> {
  const options = connectionOf(address);
  step.throwIfAborted();
  const limit = limitOf(step, timeoutMs);
  const socket = connect({ ...options, allowHalfOpen: true });
  const giveUp = () => socket.destroy(new Error("given up"));
  limit.signal.addEventListener("abort", giveUp);
  try {
    socket.end(text);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of socket) {
      size += chunk.length;
      if (size > ANSWER_BYTES_MAX) throw new Error("the answer is longer than 1 MiB");
      chunks.push(chunk);
    }
    // Under Bun a stream that was destroyed may end as if all had come.
    limit.signal.throwIfAborted();
    return Buffer.concat(chunks).toString("utf8");
  } catch (cause) {
    throw limit.failure(address, cause);
  } finally {
    limit.signal.removeEventListener("abort", giveUp);
    socket.destroy();
  }
}

function connectionOf(address: string): NetConnectOpts {
  const path = /^unix:(\/.+)$/.exec(address)?.[1];
  if (path !== undefined) return { path };
  const [, host, port] = /^tcp:(.+):(\d{1,5})$/.exec(address) ?? [];
  if (host === undefined) {
    throw new Error(`"${address}" is no address of a socket; write unix:/PATH or tcp:HOST:PORT`);
  }
  return { host: host.replace(/^\[(.+)\]$/, "$1"), port: Number(port) };
}
