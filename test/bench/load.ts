/**
 * The API under load: 64 kept-alive connections ask the binary, and in turn a bare hono server on the
 * same runtime that answers as many bytes (floor_server.ts). Requests are signed before the clock
 * starts; writes are durable before they are answered. Rounds go A B A B; the ratio is the median of
 * the rounds' own ratios.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { signable, signHeaders } from "../../core/wire/sigv4.ts";
import type { Fleet } from "../binary/fleet.ts";
import { type Measured, send } from "./connections.ts";
import { median, type Print } from "./figures.ts";

const CONNECTIONS = 64;
const ROUNDS = 5;
/** Requests of a round; writes wait for the disk. */
const READS = 6_000;
const WRITES = 3_000;
/** Deployments that there are, so that a listing has a whole page. */
const HISTORY = 120;

const ROOT = join(import.meta.dirname ?? "", "../..");
export const BUN = join(ROOT, "node_modules/.bin/bun");

type Ask = (n: number) => [operation: string, input: unknown];

/** Prints one line a kind of load. */
export async function measureLoad(fleet: Fleet, print: Print): Promise<void> {
  const id = await makeHistory(fleet);
  let key = 0;
  const get: Ask = () => ["GetDeployment", { deploymentId: id }];
  const list: Ask = () => ["ListDeployments", {}];
  const register: Ask = () => {
    const s3Location = { bucket: "b", key: `bundle-${key++}.tgz`, bundleType: "tgz" };
    const revision = { revisionType: "S3", s3Location };
    return ["RegisterApplicationRevision", { applicationName: "shop", revision }];
  };
  const mixed: Ask = (n) => n % 5 === 4 ? register(n) : n % 2 ? get(n) : list(n);
  const loads: [name: string, ask: Ask, count: number][] = [
    ["load_get_deployment", get, READS],
    ["load_list_deployments", list, READS],
    ["load_register_revision", register, WRITES],
    ["load_mixed", mixed, READS],
  ];
  for (const [name, ask, count] of loads) {
    print(name, await compared(fleet, ask, count));
  }
}

async function compared(fleet: Fleet, ask: Ask, count: number): Promise<Record<string, unknown>> {
  const port = Number(new URL(fleet.url).port);
  const warm = await send(port, await signed(fleet, ask, 500), CONNECTIONS);
  const floor = await startFloor(warm.bodyBytes);
  const ours: Measured[] = [];
  const floors: Measured[] = [];
  try {
    await send(floor.port, await signed(fleet, ask, 500), CONNECTIONS);
    for (let round = 0; round < ROUNDS; round++) {
      const requests = await signed(fleet, ask, count);
      floors.push(await send(floor.port, requests, CONNECTIONS));
      ours.push(await send(port, requests, CONNECTIONS));
    }
  } finally {
    await floor.stop();
  }
  const of = (rounds: Measured[], figure: keyof Measured) =>
    median(rounds.map((round) => round[figure]));
  const ratios = ours.map(({ perSecond }, at) => (floors[at]?.perSecond ?? NaN) / perSecond);
  return {
    unit: "requests/s",
    median: Math.round(of(ours, "perSecond")),
    p50_ms: of(ours, "p50"),
    p99_ms: of(ours, "p99"),
    floor: Math.round(of(floors, "perSecond")),
    floor_p50_ms: of(floors, "p50"),
    floor_p99_ms: of(floors, "p99"),
    ratio: median(ratios),
    generator_cores: of(ours, "generator"),
    bytes: warm.bodyBytes,
    connections: CONNECTIONS,
    rounds: ROUNDS,
  };
}

/** Whole requests as they go over the wire. */
async function signed(fleet: Fleet, ask: Ask, count: number): Promise<Uint8Array[]> {
  const url = new URL(fleet.url);
  const credentials = {
    accessKeyId: fleet.env["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: fleet.env["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
  const encoder = new TextEncoder();
  const requests: Uint8Array[] = [];
  for (let n = 0; n < count; n++) {
    const [operation, input] = ask(n);
    const body = JSON.stringify(input);
    const given = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `CodeDeploy_20141006.${operation}`,
      "content-length": String(body.length),
    };
    const toSign = signable("POST", url, given, body);
    const headers = await signHeaders(toSign, credentials, "us-east-1", "codedeploy");
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    requests.push(encoder.encode(`POST / HTTP/1.1\r\n${lines.join("")}\r\n${body}`));
  }
  return requests;
}

/** Deployments that end at once, as their group has no host; answers the id of the last. */
async function makeHistory(fleet: Fleet): Promise<string> {
  const applicationName = "shop";
  const deploymentGroupName = "nobody";
  const serviceRoleArn = "arn:aws:iam::123456789012:role/deploy";
  await fleet.api("CreateApplication", { applicationName });
  await fleet.api("CreateDeploymentGroup", {
    applicationName,
    deploymentGroupName,
    serviceRoleArn,
  });
  const s3Location = { bucket: "b", key: "k.tgz", bundleType: "tgz" };
  const revision = { revisionType: "S3", s3Location };
  let id = "";
  for (let n = 0; n < HISTORY; n++) {
    const input = { applicationName, deploymentGroupName, revision, description: `number ${n}` };
    const created = await fleet.api("CreateDeployment", input);
    id = String(created["deploymentId"]);
    while (await isActive(fleet, id));
  }
  return id;
}

async function isActive(fleet: Fleet, deploymentId: string): Promise<boolean> {
  const answer = await fleet.api("GetDeployment", { deploymentId });
  return !JSON.stringify(answer).includes('"status":"Failed"');
}

async function startFloor(bytes: number): Promise<{ port: number; stop(): Promise<void> }> {
  const program = join(import.meta.dirname ?? "", "floor_server.ts");
  const child = spawn(BUN, [program, String(bytes)], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return {
    port: Number(line),
    async stop() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
