/**
 * The application of the canary's test: hooks start an HTTP program on each host that counts its
 * requests and errors for Prometheus, and somebody asks it all the time.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { freePort } from "../plugins/balancers/programs.ts";
import type { Host } from "./fleet.ts";

const PROGRAM = `import { createServer } from "node:http";
const [port, failsEach] = process.argv.slice(2).map(Number);
let requests = 0;
let errors = 0;
createServer(({ url }, response) => {
  if (url === "/metrics") {
    return void response.end(\`shop_requests_total \${requests}\\nshop_errors_total \${errors}\\n\`);
  }
  const fails = ++requests % failsEach === 0;
  if (fails) errors++;
  response.writeHead(fails ? 500 : 200).end("shop\\n");
}).listen(port, "127.0.0.1", () => console.log("ready"));
`;

/** A version whose every \`failsEach\`th answer is an error; 0: none. */
export function shopVersion(failsEach: number): Record<string, string> {
  return {
    "appspec.yml": `version: 0.0
os: linux
files:
  - source: shop.mjs
    destination: /srv/shop
hooks:
  ApplicationStop:
    - location: scripts/stop.sh
  ApplicationStart:
    - location: scripts/start.sh
`,
    "shop.mjs": PROGRAM,
    "scripts/stop.sh": `#!/bin/sh\nkill -9 "$(cat "$HOST_DIR/pid")"\n`,
    "scripts/start.sh": `#!/bin/sh
"${process.execPath}" run -A --no-config "$HOST_DIR/srv/shop/shop.mjs" \\
  "$(cat "$HOST_DIR/port")" ${failsEach} > "$HOST_DIR/said" 2>&1 &
echo $! > "$HOST_DIR/pid"
while ! grep -qs ready "$HOST_DIR/said"; do sleep 0.05; done
`,
  };
}

/** Gives a host the port that its program listens on; answers its address. */
export async function place({ installRoot }: Host): Promise<string> {
  const port = await freePort();
  mkdirSync(installRoot, { recursive: true });
  writeFileSync(join(installRoot, "port"), String(port));
  return `127.0.0.1:${port}`;
}

/** Asks each of the programs again and again until it is disposed. */
export function customers(addresses: readonly string[]): AsyncDisposable {
  const over = new AbortController();
  const { signal } = over;
  const shopping = addresses.map(async (address) => {
    while (!signal.aborted) {
      // One that is being replaced does not answer.
      await fetch(`http://${address}/`, { signal }).then((answer) => answer.text(), () => "");
      await new Promise((next) => setTimeout(next, 25));
    }
  });
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.all(shopping);
    },
  };
}
