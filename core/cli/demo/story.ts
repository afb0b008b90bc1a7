/**
 * The story of the demo: a server on an empty store, three agents in processes of their own, version
 * 1.0 deployed one host at a time, a broken 2.0 stopped with its cause shown, and the fleet rolled
 * back by itself. Every step is a command that a person could type; all of them go through the same
 * doors as any other client's.
 * @module
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import pc from "picocolors";
import { selfCommand } from "../../platform.ts";
import { EXIT } from "../exit.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { Processes } from "./process_group.ts";
import { writeFleetFile, writeShop } from "./shop.ts";

interface Host {
  name: string;
  port: number;
  /** Everything of this host: its agent's files and, below, its "file system". */
  directory: string;
}

interface Stage {
  io: Io;
  directory: string;
  hosts: Host[];
  processes: Processes;
  env: Record<string, string | undefined>;
}

/** Plays the story; answers 0 when every part of it went as told. */
export async function runDemo({ keep }: { keep: boolean }, io: Io): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "runtime-demo-"));
  const processes = new Processes();
  const stage: Stage = { io, directory, hosts: await hostsIn(directory), processes, env: {} };
  const leave = io.onInterrupt(() => void end(stage, false).then(() => process.exit(130)));
  try {
    await startServer(stage);
    await startAgents(stage);
    await deployGood(stage);
    await deployBroken(stage);
    await end(stage, keep);
    return EXIT.done;
  } catch (error) {
    await end(stage, false);
    throw error;
  } finally {
    leave();
  }
}

async function hostsIn(directory: string): Promise<Host[]> {
  const hosts: Host[] = [];
  for (const name of ["web-1", "web-2", "web-3"]) {
    hosts.push({ name, port: await freePort(), directory: join(directory, name) });
  }
  return hosts;
}

async function startServer(stage: Stage): Promise<void> {
  const { io, directory, processes } = stage;
  const id = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
  const secret = randomBytes(20).toString("hex");
  stage.env = {
    ...io.env,
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_REGION: "us-east-1",
    RUNTIME_ADMIN_ACCESS_KEY_ID: id,
    RUNTIME_ADMIN_SECRET_ACCESS_KEY: secret,
  };
  title(io, "A server on an empty data directory");
  const data = join(directory, "data");
  command(io, `runtime server --listen 127.0.0.1:0 --data ${data}`);
  const server = processes.start(["server", "--listen", "127.0.0.1:0", "--data", data], stage.env);
  const listening = await server.line("listening on ");
  io.stdout.write(`${listening}\n`);
  stage.env["RUNTIME_URL"] = listening.slice("listening on ".length).trim();
}

async function startAgents(stage: Stage): Promise<void> {
  const { io, processes, hosts, env } = stage;
  title(io, "Three hosts join, each with an agent of its own");
  command(io, "runtime token create --json");
  const printed = processes.start(["token", "create", "--json"], env);
  const { token } = JSON.parse(await printed.line("{")) as { token: string }; // because the verb's form is stable
  const runner = selfCommand();
  const shopRun = runner.length === 1 ? `env BUN_BE_BUN=1 ${runner[0]}` : `${runner[0]} run -A`;
  for (const host of hosts) {
    const config = join(host.directory, "conf");
    command(
      io,
      `runtime agent join ${env["RUNTIME_URL"]} --token … --name ${host.name} --tag role=web …`,
    );
    const joined = await processes.run([
      ...["agent", "join", env["RUNTIME_URL"] ?? "", "--token", token, "--name", host.name],
      ...["--tag", "role=web", "--config-dir", config],
      ...["--root", join(host.directory, "deployments"), "--install-root", host.directory],
    ], env);
    if (joined !== EXIT.done) throw surprise(`agent join of ${host.name} exited ${joined}`);
    const agent = processes.start(["agent", "--config", join(config, "codedeployagent.yml")], {
      ...io.env,
      SHOP_ROOT: host.directory,
      SHOP_PORT: String(host.port),
      SHOP_RUN: shopRun,
    });
    await agent.line("agent ");
  }
  command(io, "runtime apply -f deploy.yaml");
  const file = join(stage.directory, "deploy.yaml");
  writeFleetFile(file);
  const applied = await processes.run(["apply", "-f", file], env);
  if (applied !== EXIT.done) throw surprise(`runtime apply exited ${applied}`);
}

async function deployGood(stage: Stage): Promise<void> {
  title(stage.io, "Version 1.0, one host at a time");
  await deploy(stage, "1.0", EXIT.done);
  await showVersions(stage, "shop 1.0");
}

async function deployBroken(stage: Stage): Promise<void> {
  title(stage.io, "Version 2.0 wants a setting that nobody made");
  await deploy(stage, "2.0", EXIT.rolledBack);
  title(stage.io, "The fleet is back on 1.0, by itself");
  await showVersions(stage, "shop 1.0");
}

async function deploy(stage: Stage, version: "1.0" | "2.0", expected: number): Promise<void> {
  const { io, directory, processes, env } = stage;
  const bundle = join(directory, `shop-${version}`);
  writeShop(bundle, version);
  command(io, `runtime deploy --app shop --group production shop-${version}`);
  const code = await processes.run(
    ["deploy", "--app", "shop", "--group", "production", bundle],
    env,
  );
  io.stdout.write(pc.dim(`(exit code ${code})\n`));
  if (code !== expected) throw surprise(`deploying ${version} exited ${code}, not ${expected}`);
}

async function showVersions({ io, hosts }: Stage, expected: string): Promise<void> {
  for (const host of hosts) {
    const url = `http://127.0.0.1:${host.port}/version`;
    command(io, `curl ${url}    # ${host.name}`);
    const version = (await (await fetch(url)).text()).trim();
    io.stdout.write(`${version}\n`);
    if (version !== expected) throw surprise(`${host.name} serves ${version}, not ${expected}`);
  }
}

/** Ends everything that was started, or says how to go on with it. */
async function end(stage: Stage, keep: boolean): Promise<void> {
  const { io, hosts, processes, env, directory } = stage;
  if (keep) {
    processes.release();
    title(io, "Still running; go on with it");
    for (
      const name of ["RUNTIME_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"]
    ) {
      io.stdout.write(`export ${name}=${env[name]}\n`);
    }
    io.stdout.write(`aws deploy list-deployments --endpoint-url $RUNTIME_URL\n`);
    io.stdout.write(`pkill -f ${directory}; rm -r ${directory}    # ends it all\n`);
    return;
  }
  await processes.stopAll();
  for (const host of hosts) stopShop(host);
  rmSync(directory, { recursive: true, force: true });
}

/** The shop outlives its agent, as a service should; here it must not outlive the demo. */
function stopShop(host: Host): void {
  const file = join(host.directory, "shop.pid");
  if (!existsSync(file)) return;
  try {
    process.kill(Number(readFileSync(file, "utf8")), "SIGTERM");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** How the demo's parts are told from each other. */
export function heading(text: string): string {
  return `── ${text}`;
}

function title(io: Io, text: string): void {
  io.stdout.write(`\n${pc.bold(heading(text))}\n`);
}

function command(io: Io, text: string): void {
  io.stdout.write(`${pc.cyan(`$ ${text}`)}\n`);
}

function surprise(cause: string): Failure {
  return new Failure({
    exitCode: EXIT.failed,
    cause: `the demo did not go as told: ${cause}`,
    evidence: [],
    state: "everything the demo started was ended",
    next: ["runtime demo"],
  });
}
