/**
 * A proxy before a server that now and then answers as CodeDeploy does when an account calls too
 * often, and lets the other requests through as they are.
 * @module
 */
import { createServer, request } from "node:http";

export interface ThrottlingProxy extends AsyncDisposable {
  url: string;
  /** How many requests it refused. */
  refused: number;
}

/** Refuses every `every`th request before `upstream` hears of it; 1 refuses them all. */
export async function throttlingProxy(upstream: string, every: number): Promise<ThrottlingProxy> {
  const { hostname, port } = new URL(upstream);
  let count = 0;
  const proxy = createServer((incoming, answer) => {
    if (++count % every === 0) {
      self.refused++;
      incoming.resume();
      const refusal = { __type: "ThrottlingException", message: "Rate exceeded" };
      answer.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      return void answer.end(JSON.stringify(refusal));
    }
    // The headers stay as they are: the signature covers the host that the client named.
    const { method, url: path, headers } = incoming;
    const onward = request({ hostname, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  const address = proxy.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const self = {
    url: `http://127.0.0.1:${address.port}`,
    refused: 0,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      await new Promise((closed) => proxy.close(closed));
    },
  };
  return self;
}
