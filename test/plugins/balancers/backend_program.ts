/**
 * An application of a host: `PORT NAME`. Answers its name; `/slow` takes a while, as requests do that
 * a balancer has to wait for, and `/stuck` longer than anybody waits.
 * @module
 */
import { createServer } from "node:http";
import process from "node:process";

const [port, name] = process.argv.slice(2);
const SLOW_MS = 300;

const server = createServer((request, response) => {
  const answer = () => response.end(name);
  if (request.url === "/slow") setTimeout(answer, SLOW_MS);
  else if (request.url !== "/stuck") answer();
});
// A balancer may keep a connection for a while, and closes it itself.
server.keepAliveTimeout = 60_000;
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
