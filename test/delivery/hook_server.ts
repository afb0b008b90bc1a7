/** A web hook on a free port that keeps what it gets and answers as it is told. @module */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface HookRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Hook extends AsyncDisposable {
  url: string;
  got: HookRequest[];
  /** What it answers from now on; requests that do not get 200 are not kept. */
  status: number;
}

export async function startHook(): Promise<Hook> {
  const self = { url: "", got: [] as HookRequest[], status: 200 }; // because an empty literal has no element type
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => body += chunk);
    request.on("end", () => {
      const { url: path = "", headers } = request;
      if (self.status === 200) self.got.push({ path, headers, body });
      response.writeHead(self.status).end("an answer");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo; // because it listens on a port
  self.url = `http://127.0.0.1:${port}/hook?x=1`;
  return Object.assign(self, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
