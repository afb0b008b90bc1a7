/** A service manager as sd_notify(3) knows it: a datagram socket that is read without waiting. @module */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { openLibc } from "../../core/platform/libc.ts";
import { socketAddress } from "../../core/platform/notify_service.ts";

export class ServiceManagerSocket {
  readonly #libc = openLibc({
    socket: ["i32", "i32", "i32"],
    bind: ["i32", "buffer", "u32"],
    recv: ["i32", "buffer", "usize", "i32"],
    close: ["i32"],
  });
  readonly #socket: number;

  constructor(path: string) {
    const address = socketAddress(path);
    assert.ok(this.#libc && address);
    this.#socket = this.#libc.socket(1, 2, 0);
    assert.equal(this.#libc.bind(this.#socket, address, address.length), 0, `bind ${path}`);
  }

  /** The next message; undefined when there is none. */
  read(): string | undefined {
    const bytes = Buffer.alloc(4096);
    const length = this.#libc?.recv(this.#socket, bytes, bytes.length, 0x40) ?? -1;
    return length < 0 ? undefined : bytes.toString("utf8", 0, length);
  }

  /** All messages that have come. */
  readAll(): string[] {
    const messages: string[] = [];
    for (let next = this.read(); next !== undefined; next = this.read()) messages.push(next);
    return messages;
  }

  [Symbol.dispose](): void {
    this.#libc?.close(this.#socket);
  }
}
