/**
 * What a service tells its service manager: the protocol of sd_notify(3), without its library.
 *
 * One datagram to the Unix socket that NOTIFY_SOCKET names. `node:` has no datagrams over Unix
 * sockets, so the C library is called.
 * @module
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { openLibc } from "./libc.ts";

const AF_UNIX = 1;
/** SOCK_DGRAM with SOCK_CLOEXEC: no script may inherit it. */
const DATAGRAM = 2 | 0o2000000;
/** MSG_DONTWAIT and MSG_NOSIGNAL: a manager that does not read must not stop its service. */
const AT_ONCE = 0x40 | 0x4000;
/** What `sun_path` holds, its closing zero included. */
const PATH_BYTES = 108;

/**
 * Tells the service manager, if there is one, for example `READY=1` or `STATUS=…`; several lines are
 * parted by a line break. Never throws: a service does not fail because nobody listens. Answers
 * "unasked" when the process was not started with NOTIFY_SOCKET.
 */
export function notifyService(
  state: string,
  socketPath: string | undefined = process.env.NOTIFY_SOCKET,
): "told" | "unasked" | "unreachable" {
  if (!socketPath) return "unasked";
  const address = socketAddress(socketPath);
  libc ??= openSockets();
  if (!address || !libc) return "unreachable";
  const socket = libc.socket(AF_UNIX, DATAGRAM, 0);
  if (socket < 0) return "unreachable";
  try {
    const message = Buffer.from(state);
    const sent = libc.sendto(socket, message, message.length, AT_ONCE, address, address.length);
    return sent === message.length ? "told" : "unreachable";
  } finally {
    libc.close(socket);
  }
}

let libc: ReturnType<typeof openSockets>;

function openSockets() {
  return openLibc({
    socket: ["i32", "i32", "i32"],
    sendto: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    close: ["i32"],
  });
}

/**
 * A `sockaddr_un` of exactly the bytes in use; a leading `@` means the abstract namespace, where the
 * length counts and no zero ends the name. Undefined for what is neither, or too long.
 */
export function socketAddress(path: string): Uint8Array | undefined {
  const name = Buffer.from(path);
  const abstract = path.startsWith("@");
  if (!abstract && !path.startsWith("/")) return undefined;
  if (name.length >= PATH_BYTES) return undefined;
  const address = Buffer.alloc(2 + name.length + (abstract ? 0 : 1));
  address.writeUInt16LE(AF_UNIX);
  name.copy(address, 2);
  if (abstract) address[2] = 0;
  return address;
}
