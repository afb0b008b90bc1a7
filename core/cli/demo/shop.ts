/**
 * The sample application of the demo: a shop that answers its version on a port, as a bundle that
 * CodeDeploy would take just the same. Version 2.0 has a mistake of the common kind: it wants a
 * setting that nobody has configured, and dies at its start.
 * @module
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const APPSPEC = `version: 0.0
os: linux
files:
  - source: app
    destination: /srv/shop
permissions:
  - object: /srv/shop
    mode: "644"
    type: [file]
hooks:
  ApplicationStop:
    - location: scripts/stop.sh
      timeout: 10
  ApplicationStart:
    - location: scripts/start.sh
      timeout: 10
  ValidateService:
    - location: scripts/validate.sh
      timeout: 20
`;

/** SHOP_ROOT, SHOP_PORT and SHOP_RUN come from the environment of the host's agent. */
const STOP = `#!/bin/sh
[ -f "$SHOP_ROOT/shop.pid" ] || exit 0
echo "stopping the shop (pid $(cat "$SHOP_ROOT/shop.pid"))"
kill "$(cat "$SHOP_ROOT/shop.pid")" 2>/dev/null
rm -f "$SHOP_ROOT/shop.pid"
`;

const START = `#!/bin/sh
cd "$SHOP_ROOT/srv/shop" || exit 1
nohup $SHOP_RUN "$PWD/server.mjs" >"$SHOP_ROOT/shop.log" 2>&1 </dev/null &
echo $! >"$SHOP_ROOT/shop.pid"
echo "started $(cat version.txt) on port $SHOP_PORT (pid $!)"
`;

const VALIDATE = `#!/bin/sh
cd "$SHOP_ROOT/srv/shop" && exec $SHOP_RUN validate.mjs
`;

const VALIDATE_PROGRAM = `import { readFileSync } from "node:fs";
const wanted = readFileSync("version.txt", "utf8").trim();
const url = "http://127.0.0.1:" + process.env.SHOP_PORT + "/version";
for (let attempt = 1; attempt <= 12; attempt++) {
  try {
    const answer = await (await fetch(url)).text();
    console.log(url + " answers " + answer);
    process.exit(answer === wanted ? 0 : 6);
  } catch {
    await new Promise((next) => setTimeout(next, 100));
  }
}
console.error("nobody answers at " + url + "; the shop's own log says:");
console.error(readFileSync(process.env.SHOP_ROOT + "/shop.log", "utf8").trim());
process.exit(7);
`;

const SERVER = `import { createServer } from "node:http";
import { readFileSync } from "node:fs";
const version = readFileSync("version.txt", "utf8").trim();
createServer((request, response) => response.end(version))
  .listen(Number(process.env.SHOP_PORT), "127.0.0.1", () => console.log("open: " + version));
`;

const BROKEN_SERVER = `if (!process.env.SHOP_CURRENCY) {
  console.error("SHOP_CURRENCY is not set");
  process.exit(1);
}
${SERVER}`;

/** Writes the bundle of a version into a new directory. */
export function writeShop(directory: string, version: "1.0" | "2.0"): void {
  const files: Record<string, string> = {
    "appspec.yml": APPSPEC,
    "app/version.txt": `shop ${version}\n`,
    "app/server.mjs": version === "1.0" ? SERVER : BROKEN_SERVER,
    "app/validate.mjs": VALIDATE_PROGRAM,
    "scripts/stop.sh": STOP,
    "scripts/start.sh": START,
    "scripts/validate.sh": VALIDATE,
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (name.startsWith("scripts/")) chmodSync(path, 0o755);
  }
}

/** What `runtime apply` reads: the application and its group of all hosts tagged role=web. */
export function writeFleetFile(path: string): void {
  writeFileSync(
    path,
    `applications:
  - name: shop
    groups:
      - name: production
        tags: { role: web }
        config: CodeDeployDefault.OneAtATime
        rollback: [failure, stop]
`,
  );
}
