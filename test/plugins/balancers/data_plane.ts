/**
 * The Data Plane API as its version 3 documents it, as far as a balancer needs it: over a real
 * HAProxy's socket. The program itself is no package of Debian.
 * @module
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { step } from "./programs.ts";

const SERVER =
  /^\/v3\/services\/haproxy\/runtime\/backends\/(?<backend>[^/]+)\/servers\/(?<name>[^/]+)$/;
/** Of `show servers state`, whose numbers are words here. */
const OPERATIONAL = ["down", "down", "up", "stopping"];
const MAINTENANCE = 0x23;
const DRAIN = 0x18;

interface Answer {
  status: number;
  body: unknown;
}

export async function startDataPlane(socket: string, user: string, password: string) {
  const authorization = `Basic ${btoa(`${user}:${password}`)}`;
  const server = createServer(async (request, response) => {
    const known = request.headers.authorization === authorization;
    const { status, body } = known
      ? await answer(socket, request)
      : { status: 401, body: { code: 401, message: "unauthorized" } };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // because it listens at a port
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(socket: string, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://api");
  if (url.pathname === "/v3/services/haproxy/stats/native") return await stats(socket, url);
  const { backend = "", name = "" } = SERVER.exec(url.pathname)?.groups ?? {};
  const found = await serverOf(socket, backend, name);
  if (!found) return { status: 404, body: { code: 404, message: "not found" } };
  if (request.method !== "PUT") return { status: 200, body: found };
  const { admin_state: state } = JSON.parse(await text(request));
  const said = await ask(socket, `set server ${backend}/${name} state ${state}`);
  if (said.trim() !== "") return { status: 500, body: { code: 500, message: said.trim() } };
  return { status: 200, body: await serverOf(socket, backend, name) };
}

async function serverOf(socket: string, backend: string, name: string) {
  const lines = (await ask(socket, `show servers state ${backend}`)).split("\n");
  const fields = lines.map((line) => line.split(" ")).find((words) => words[3] === name);
  if (!fields) return undefined;
  const admin = Number(fields[6]);
  return {
    name,
    address: fields[4],
    port: Number(fields[18]),
    admin_state: admin & MAINTENANCE ? "maint" : admin & DRAIN ? "drain" : "ready",
    operational_state: OPERATIONAL[Number(fields[5])],
  };
}

async function stats(socket: string, { searchParams }: URL): Promise<Answer> {
  const [parent, name] = [searchParams.get("parent") ?? "", searchParams.get("name") ?? ""];
  const lines = (await ask(socket, `show stat ${parent} 4 -1`)).split("\n");
  const row = lines.map((line) => line.split(",")).find((values) => values[1] === name);
  const one = row && {
    name,
    backend_name: parent,
    type: "server",
    stats: { qcur: Number(row[2]), scur: Number(row[4]), status: row[17] },
  };
  return { status: 200, body: { runtimeAPI: socket, stats: one ? [one] : [] } };
}

function ask(socket: string, command: string): Promise<string> {
  return step().ctx.exchange(socket, `${command}\n`);
}
