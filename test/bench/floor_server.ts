/**
 * The floor of the API: hono on the same HTTP server, which reads the request's body and answers JSON
 * of so many bytes. It checks no signature, parses nothing and stores nothing. `floor_server.ts BYTES`
 * prints its port.
 * @module
 */
import process from "node:process";
import { Hono } from "hono";
import { serveHttp } from "../../core/platform.ts";

const bytes = Number(process.argv[2]);
const answer = { filler: "x".repeat(Math.max(0, bytes - '{"filler":""}'.length)) };
const app = new Hono();
app.post("/", async (c) => {
  await c.req.text();
  return c.json(answer);
});
const { port } = await serveHttp({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request) => app.fetch(request),
});
console.log(port);
