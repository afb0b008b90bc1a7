/**
 * `deno task bench`: what one host costs. Prints one JSON line a figure, with the ratio to a floor
 * measured in the same run; times of different days or machines are not comparable.
 * `deno task bench coord …`, `handover …`, `decisions …` and `rollback …` measure fleets instead
 * (coord.ts, decisions.ts, rollback.ts).
 *
 * - `one_host_deployment`: from CreateDeployment to the final report, 3 files and 3 hooks, beside a
 *   shell script that does the same work without verification, journal or report (floor.sh).
 * - `load_…`: the API under load, beside a bare server (load.ts).
 * - `idle_agent`: resident memory of an agent that waits for work.
 * - `server_first_answer`: from the start of the process to the first answer of /healthz.
 * @module
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { EVENTS_PATH } from "../../core/wire/event_stream.ts";
import { signable, signHeaders } from "../../core/wire/sigv4.ts";
import { BINARY, Fleet } from "../binary/fleet.ts";
import { measureDecisions } from "./decisions.ts";
import { median, print, residentMiB } from "./figures.ts";
import { BUN, measureLoad } from "./load.ts";
import { measureRollback } from "./rollback.ts";

const ROUNDS = 15;

const HOOK = (name: string) => `#!/bin/sh\necho ${name} >> "\${HOST_DIR:?}/log"\n`;

const BUNDLE: Record<string, string> = {
  "appspec.yml": `version: 0.0
os: linux
files:
  - source: /app
    destination: /srv/app
file_exists_behavior: OVERWRITE
permissions:
  - object: /srv/app
    mode: "644"
    type: [file]
hooks:
  ApplicationStop: [{location: scripts/stop.sh, timeout: 30}]
  ApplicationStart: [{location: scripts/start.sh, timeout: 30}]
  ValidateService: [{location: scripts/validate.sh, timeout: 30}]
`,
  "app/one.txt": "1".repeat(1400),
  "app/two.txt": "2".repeat(1400),
  "app/three.txt": "3".repeat(1400),
  "scripts/stop.sh": HOOK("stop"),
  "scripts/start.sh": HOOK("start"),
  "scripts/validate.sh": HOOK("validate"),
};

async function oneHost(fleet: Fleet): Promise<void> {
  const [host] = fleet.hosts;
  if (!host) throw new Error("the fleet has no host");
  await fleet.declare();
  const directory = fleet.bundle("bundle", BUNDLE);
  const tgz = join(fleet.directory, "bundle.tgz");
  execFileSync("tar", ["-C", directory, "-czf", tgz, "."]);
  const push = await fleet.runtime("push", tgz, "--app", "shop", "--json");
  const { revision } = JSON.parse(push.stdout);
  const floorRoot = mkdtempSync(join(tmpdir(), "runtime-floor-"));
  const floor: number[] = [];
  const ours: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const before = performance.now();
    execFileSync(new URL("./floor.sh", import.meta.url).pathname, [tgz, floorRoot]);
    const between = performance.now();
    await deployOnce(fleet, revision);
    const after = performance.now();
    if (round < 0) continue;
    floor.push(between - before);
    ours.push(after - between);
  }
  rmSync(floorRoot, { recursive: true });
  if (!existsSync(join(host.installRoot, "srv/app/three.txt"))) {
    throw new Error("nothing installed");
  }
  const ratios = ours.map((ms, round) => ms / (floor[round] ?? NaN));
  print("one_host_deployment", {
    unit: "ms",
    median: median(ours),
    floor: median(floor),
    ratio: median(ratios),
    rounds: ROUNDS,
  });
}

/** CreateDeployment, then the event stream until the end: what a waiting client sees. */
async function deployOnce(fleet: Fleet, revision: unknown): Promise<void> {
  const credentials = {
    accessKeyId: fleet.env["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: fleet.env["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
  const region = "us-east-1";
  const created = await fleet.api("CreateDeployment", {
    applicationName: "shop",
    deploymentGroupName: "production",
    revision,
  });
  const url = new URL(`${EVENTS_PATH}?deploymentId=${created["deploymentId"]}`, fleet.url);
  const headers = await signHeaders(signable("GET", url, {}), credentials, region, "codedeploy");
  const stream = await (await fetch(url, { headers })).text();
  if (!stream.includes('"status":"Succeeded","overview"')) throw new Error(`failed: ${stream}`);
}

async function firstAnswer(): Promise<void> {
  const times: number[] = [];
  const versions: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const directory = mkdtempSync(join(tmpdir(), "runtime-start-"));
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const before = performance.now();
    const server = spawn(BINARY, ["server", "--listen", `127.0.0.1:${port}`, "--data", directory]);
    await answered(`http://127.0.0.1:${port}/healthz`);
    const after = performance.now();
    const gone = new Promise((resolve) => server.on("exit", resolve));
    server.kill("SIGKILL");
    await gone;
    rmSync(directory, { recursive: true });
    const begun = performance.now();
    execFileSync(BINARY, ["--version"]);
    if (round < 0) continue;
    times.push(after - before);
    versions.push(performance.now() - begun);
  }
  print("server_first_answer", { unit: "ms", median: median(times), rounds: ROUNDS });
  print("version", { unit: "ms", median: median(versions), rounds: ROUNDS });
}

async function answered(url: string): Promise<void> {
  while (true) {
    try {
      await (await fetch(url)).text();
      return;
    } catch {
      // Not listening yet; the loop is the measurement.
    }
  }
}

const [what, ...rest] = process.argv.slice(2);
switch (what) {
  case "coord":
    coord(rest);
    break;
  case "handover":
    coord([rest[0] ?? "1000", "each", "CodeDeployDefault.OneAtATime"]);
    break;
  case "decisions":
    measureDecisions(print, rest.map(Number));
    break;
  case "rollback":
    await measureRollback(print, ...rest.map(Number));
    break;
  default:
    await oneAndLoad();
}

/** In a process of its own, by the runtime whose sockets cost less. */
function coord(argv: readonly string[]): void {
  const program = new URL("./coord.ts", import.meta.url).pathname;
  const { status } = spawnSync(BUN, [program, ...argv], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}

async function oneAndLoad(): Promise<void> {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: deno task build`);
  // A file of its own: a host has one process of the binary, and shares no page of it with a server.
  const own = join(mkdtempSync(join(tmpdir(), "runtime-own-")), "runtime");
  copyFileSync(BINARY, own);
  const fleet = await Fleet.start(1, own);
  try {
    await new Promise((next) => setTimeout(next, 4000));
    print("idle_agent", { unit: "MiB", resident: residentMiB(fleet.hosts[0]?.agent?.pid ?? 0) });
    print("idle_server", { unit: "MiB", resident: residentMiB(fleet.serverPid) });
    await oneHost(fleet);
  } finally {
    await fleet.close();
    rmSync(dirname(own), { recursive: true });
  }
  await firstAnswer();
  const loaded = await Fleet.start(0);
  try {
    await measureLoad(loaded, print);
  } finally {
    await loaded.close();
  }
}
