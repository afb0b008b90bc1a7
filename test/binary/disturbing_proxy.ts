/**
 * A proxy before a server that lets requests through as they are, and now and then does not: it
 * answers as CodeDeploy does when an account calls too often, or loses the answer.
 * @module
 */
import { createServer, request } from "node:http";

export interface Proxy extends AsyncDisposable {
  url: string;
  /** Requests that were not let through and answered. */
  disturbed: number;
}

/** What becomes of the request number `count`, from 1, for this operation. */
export type Disturb = (count: number, operation: string) => "throttled" | "answer-lost" | undefined;

export async function disturbingProxy(upstream: string, disturb: Disturb): Promise<Proxy> {
  const { hostname, port } = new URL(upstream);
  let count = 0;
  const proxy = createServer((incoming, answer) => {
    const { method, url: path, headers } = incoming;
    const operation = String(headers["x-amz-target"]).split(".").at(-1) ?? "";
    const fate = disturb(++count, operation);
    if (fate !== undefined) self.disturbed++;
    if (fate === "throttled") {
      const refusal = { __type: "ThrottlingException", message: "Rate exceeded" };
      incoming.resume();
      answer.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      return void answer.end(JSON.stringify(refusal));
    }
    // The headers stay as they are: the signature covers the host that the client named.
    const onward = request({ hostname, port, method, path, headers }, (response) => {
      if (fate === "answer-lost") return void response.resume().on("end", () => answer.destroy());
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
    disturbed: 0,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      await new Promise((closed) => proxy.close(closed));
    },
  };
  return self;
}
