/** A small HTTP server whose answers are what its test sets. @module */
import { createServer, type IncomingHttpHeaders } from "node:http";

export interface JsonServer extends AsyncDisposable {
  readonly url: string;
  /** By path and query. */
  readonly answers: Map<string, { status?: number; text: string; location?: string }>;
  /** `PATH` and the headers of each request, in order. */
  readonly asked: { path: string; headers: IncomingHttpHeaders }[];
}

export async function startJsonServer(): Promise<JsonServer> {
  const answers: JsonServer["answers"] = new Map();
  const asked: JsonServer["asked"] = [];
  const server = createServer(({ url: path = "", headers }, response) => {
    asked.push({ path, headers });
    const answer = answers.get(path);
    response.statusCode = answer ? answer.status ?? 200 : 404;
    if (answer?.location !== undefined) response.setHeader("location", answer.location);
    response.end(answer?.text ?? "no such path");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  return {
    url: `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}`,
    answers,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
