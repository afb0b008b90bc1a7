/** A real HAProxy before real applications, with a socket of each kind. @module */
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type Backend, balancer, freePort } from "./programs.ts";

/**
 * `server` is added to each server's line, `backend` is a line of the backend's; servers that are
 * `out` get no traffic until somebody lets them in.
 */
export async function startHaproxy(
  folder: string,
  backends: readonly Pick<Backend, "host" | "port">[],
  { server = "check inter 100ms", backend = "", out = [] }: {
    server?: string;
    backend?: string;
    out?: readonly string[];
  } = {},
) {
  const [port, admin] = [await freePort(), await freePort()];
  const socket = join(folder, "admin.sock");
  const user = join(folder, "user.sock");
  const servers = backends.map(({ host: { name }, port }) => {
    const disabled = out.includes(name) ? "disabled" : "";
    return `  server ${name} 127.0.0.1:${port} ${server.replace("NAME", name)} ${disabled}\n`;
  });
  // Nothing is tried again: what the balancer did wrong shall be seen.
  writeFileSync(
    join(folder, "haproxy.cfg"),
    `global
  stats socket ${socket} level admin
  stats socket ipv4@127.0.0.1:${admin} level admin
  stats socket ${user} level user
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend in
  bind 127.0.0.1:${port}
  default_backend shop
backend shop
  balance roundrobin
  ${backend}
${servers.join("")}backend empty
`,
  );
  const command = ["haproxy", "-db", "-f", join(folder, "haproxy.cfg")];
  const running = await balancer(command, () => answers(port));
  return {
    port,
    socket: `unix:${socket}`,
    tcp: `tcp:127.0.0.1:${admin}`,
    user: `unix:${user}`,
    child: running.child,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}
