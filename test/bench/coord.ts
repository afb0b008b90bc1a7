/**
 * `deno task bench coord HOSTS [each|end|paced] [CONFIG]`: what the coordination of a fleet costs,
 * with the hosts simulated by one process (simulated_fleet.ts). Prints one JSON line.
 *
 * - `each`: all hosts at once, each event a report of its own, every report on disk before it is
 *   answered. `end`: the same with one report a host.
 * - `paced`: RATE reports a second (environment, 7000), counted from their place in the schedule and
 *   not from their sending, so that a stall counts for everything that waited.
 * - CONFIG is `CodeDeployDefault.AllAtOnce` or another's name; of `CodeDeployDefault.OneAtATime`,
 *   `handover` tells how long after one host's last report was sent the next one has its order.
 *
 * The generator shares the machine: `generator_cores` near 1 means that the figure is its own.
 * Times are milliseconds; `IDLE_SECONDS` (environment, 5) is how long the fleet is watched at rest.
 * Started by Bun, whose sockets cost less: `bun test/bench/coord.ts 1000 each`.
 * @module
 */
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { infoIn, targetsIn } from "../binary/deployments.ts";
import { Fleet } from "../binary/fleet.ts";
import { ClosedRun, PacedRun } from "./coord_runs.ts";
import {
  cpuSeconds,
  openFilesLimit,
  ownSeconds,
  percentile,
  print,
  residentMiB,
  rounded,
} from "./figures.ts";
import { SimulatedFleet, type SimulatedHost } from "./simulated_fleet.ts";

const MODES = ["each", "end", "paced"] as const;
type Mode = typeof MODES[number];

const [hostsWord = "1000", modeWord = "each", config = "CodeDeployDefault.AllAtOnce"] = process.argv
  .slice(2);
const count = Number(hostsWord);
const mode = MODES.find((mode) => mode === modeWord);
const rate = Number(process.env["RATE"] ?? 7_000);
const idleSeconds = Number(process.env["IDLE_SECONDS"] ?? 5);
if (!mode || !(count >= 1)) throw new Error("coord.ts HOSTS [each|end|paced] [CONFIG]");
if (count + 100 > openFilesLimit()) {
  throw new Error(
    `${count} hosts need ${count + 100} open files, the limit is ${openFilesLimit()}`,
  );
}

const server = new Fleet();
const fleet = new SimulatedFleet();
try {
  server.serverFlags = ["--limit", "instances-per-deployment=off"];
  await server.startServer();
  print(`coord_${mode}`, await measure(mode));
} finally {
  fleet.close();
  await server.close();
}
process.exit(0); // the connections that are still open would keep it

async function measure(mode: Mode): Promise<Record<string, unknown>> {
  const { stdout } = await server.runtime("token", "create", "--json");
  const joining = performance.now();
  await fleet.join(server.url, JSON.parse(stdout).token, count);
  const joined = performance.now() - joining;
  // A fleet has joined long ago, and what that cost is no part of what it needs now.
  await server.killServer();
  await server.startServer();
  await server.declare({ config });
  const run = mode === "paced" ? new PacedRun(fleet, rate) : new ClosedRun(fleet, mode);
  await fleet.poll((host) => run.onOrder(host));
  const idle = await atRest();
  const before = { server: cpuSeconds(server.serverPid), own: process.cpuUsage() };
  const began = performance.now();
  const id = await create();
  await Promise.race([run.done, fleet.failed]);
  await ended(id);
  const took = performance.now() - began;
  const used = ownSeconds(process.cpuUsage(before.own));
  const { hosts } = fleet;
  await check(id);
  return {
    hosts: count,
    config,
    join_ms: Math.round(joined),
    ...idle,
    all_answered_ms: Math.round(Math.max(...hosts.map(({ orderAt }) => orderAt)) - began),
    all_done_ms: Math.round(took),
    reports: run.waits.length,
    report_p50_ms: percentile(run.waits, 0.5),
    report_p99_ms: percentile(run.waits, 0.99),
    report_max_ms: percentile(run.waits, 1),
    ...handover(hosts),
    server_cpu_s: rounded(cpuSeconds(server.serverPid) - before.server),
    server_mib: residentMiB(server.serverPid),
    generator_cpu_s: rounded(used),
    generator_cores: rounded(used * 1000 / took),
    ...run.figures(),
    open_files: openFilesLimit(),
  };
}

/** What the server uses while all hosts only wait. */
async function atRest(): Promise<Record<string, unknown>> {
  await pause(1_000);
  const before = cpuSeconds(server.serverPid);
  await Promise.race([pause(idleSeconds * 1_000), fleet.failed]);
  const share = (cpuSeconds(server.serverPid) - before) / idleSeconds;
  return {
    idle_mib: residentMiB(server.serverPid),
    idle_core_percent: rounded(share * 100),
  };
}

async function create(): Promise<string> {
  const s3Location = { bucket: "b", key: "k.tgz", bundleType: "tgz" };
  const created = await server.api("CreateDeployment", {
    applicationName: "shop",
    deploymentGroupName: "production",
    revision: { revisionType: "S3", s3Location },
  });
  return String(created["deploymentId"]);
}

async function ended(deploymentId: string): Promise<void> {
  while (true) {
    const { status } = infoIn(await server.api("GetDeployment", { deploymentId }));
    if (status === "Succeeded") return;
    if (status !== "InProgress") throw new Error(`the deployment ${deploymentId} is ${status}`);
    await pause(2);
  }
}

/** What the server kept: all hosts, and of some of them every event. */
async function check(deploymentId: string): Promise<void> {
  const { deploymentOverview } = infoIn(await server.api("GetDeployment", { deploymentId }));
  if (deploymentOverview["Succeeded"] !== count) {
    throw new Error(`${JSON.stringify(deploymentOverview)} for ${count} hosts`);
  }
  const targetIds = fleet.hosts.slice(-25).map(({ name }) => name);
  const answer = await server.api("BatchGetDeploymentTargets", { deploymentId, targetIds });
  for (const { lifecycleEvents, targetId } of targetsIn(answer)) {
    const succeeded = lifecycleEvents.filter(({ status, endTime }) => (
      status === "Succeeded" && endTime !== undefined
    ));
    if (succeeded.length !== IN_PLACE_EVENTS.length) {
      throw new Error(`${targetId}: ${JSON.stringify(lifecycleEvents)}`);
    }
  }
}

/** From the sending of a host's last report to the next host's order. */
function handover(hosts: readonly SimulatedHost[]): Record<string, unknown> {
  if (config !== "CodeDeployDefault.OneAtATime") return {};
  const inTurn = [...hosts].sort((a, b) => a.orderAt - b.orderAt);
  const waits = inTurn.slice(1).map((host, at) => host.orderAt - (inTurn[at]?.lastSentAt ?? NaN));
  return {
    handover_p50_ms: percentile(waits, 0.5),
    handover_p99_ms: percentile(waits, 0.99),
    handover_max_ms: percentile(waits, 1),
  };
}
