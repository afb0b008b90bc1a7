/**
 * What a test of the agent plays on: a command server, a host that has joined it, a folder of
 * scripts, and agents, in this process or in one of their own. Everything is gone afterwards.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Agent, startAgent } from "../../core/agent/agent.ts";
import { readConfig } from "../../core/agent/config.ts";
import type { Host } from "../../core/agent/host.ts";
import { join as joinServer } from "../../core/agent/join.ts";
import { JournalRecord } from "../../core/agent/journal_record.ts";
import { IN_PLACE_EVENTS, type LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { CommandServer, hostArn, type Told } from "./command_server.ts";
import { scriptHost } from "./script_host.ts";

const project = join(import.meta.dirname ?? "", "../..");

export class Stage {
  readonly server = new CommandServer();
  readonly folder: string;
  readonly config: string;
  readonly root: string;
  readonly scripts: string;
  /** Scripts append to this file. */
  readonly ran: string;
  readonly agents: Agent[] = [];
  readonly processes: ChildProcess[] = [];

  constructor(folder: string) {
    this.folder = folder;
    this.config = join(folder, "conf", "codedeployagent.yml");
    this.root = join(folder, "root");
    this.scripts = join(folder, "scripts");
    this.ran = join(folder, "ran");
  }

  async joinHost(): Promise<void> {
    await this.server.listen();
    await mkdir(this.scripts);
    const code = await joinServer({
      url: this.server.url,
      token: "good",
      name: "web-01",
      tags: [],
      configDir: join(this.folder, "conf"),
      root: this.root,
      print() {},
    });
    if (code !== 0) throw new Error(`joining ended with ${code}`);
  }

  /** An agent in this process. */
  async start(host: Host = scriptHost(this.scripts)): Promise<Agent> {
    const config = await readConfig(this.config);
    const agent = await startAgent(config, { host, onConnected() {} });
    this.agents.push(agent);
    return agent;
  }

  /** An agent in its own process, connected. */
  async spawn(): Promise<ChildProcess> {
    const runner = join(project, "test/agent/agent_process.ts");
    const child = spawn(
      process.execPath,
      ["run", "-A", "--no-check", runner, this.config, this.scripts],
      { cwd: project, stdio: ["ignore", "pipe", "inherit"] },
    );
    this.processes.push(child);
    await once(child.stdout ?? child, "data");
    return child;
  }

  async kill(child: ChildProcess): Promise<void> {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Makes an event's script; `$RAN` is the file that tells what ran. */
  async script(event: LifecycleEventName, text: string): Promise<void> {
    await writeFile(join(this.scripts, event), `RAN=${this.ran}\n${text}\n`);
  }

  /** The lines that scripts left in `$RAN`. */
  lines(): string[] {
    return existsSync(this.ran) ? readFileSync(this.ran, "utf8").trim().split("\n") : [];
  }

  journal(): JournalRecord[] {
    const path = join(this.root, "journal.jsonl");
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    // What stands after the last line break is still being written.
    return text.split("\n").slice(0, -1).map((line) => JournalRecord.parse(JSON.parse(line)));
  }

  /** `Event what` of every event line of the journal. */
  steps(): string[] {
    return this.journal().flatMap((record) =>
      record.kind === "event" ? [`${record.event} ${record.what}`] : []
    );
  }

  /** The first completion of an order, waiting for it. */
  async end(commandId: string): Promise<Told> {
    const find = () => this.server.completions.find((told) => told.commandId === commandId);
    await until(() => find() !== undefined, `the end of ${commandId}`);
    const told = find();
    if (!told) throw new Error("unreachable");
    return told;
  }
}

/** Plays a test on a stage and clears it away. */
export async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage(await mkdtemp(join(tmpdir(), "agent-")));
  try {
    await stage.joinHost();
    await play(stage);
  } finally {
    for (const agent of stage.agents) await agent.stop();
    for (const child of stage.processes) {
      if (child.exitCode === null && child.signalCode === null) await stage.kill(child);
    }
    await stage.server.close();
    await rm(stage.folder, { recursive: true, force: true });
  }
}

let orders = 0;

/** An order for web-01, newer than the one before. */
export function order(
  changes: Partial<Order> & { deploymentId?: string; group?: string } = {},
): Order {
  const nonce = ++orders;
  const { deploymentId = `d-${nonce}`, group = "g-1", ...rest } = changes;
  return {
    commandId: `${deploymentId}/web-01`,
    hostIdentifier: hostArn("web-01"),
    nonce,
    issuedAt: Date.now(),
    expiresAt: Date.now() + 300_000,
    events: [...IN_PLACE_EVENTS],
    ignoreFailuresOf: [],
    specification: {
      DeploymentId: deploymentId,
      DeploymentGroupId: group,
      DeploymentGroupName: "group",
      ApplicationName: "shop",
      DeploymentCreator: "user",
      DeploymentType: "IN_PLACE",
      AppSpecFilename: "appspec.yml",
      AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: "DISALLOW" } },
      Revision: {
        RevisionType: "S3",
        S3Revision: { Bucket: "b", Key: "k", BundleType: "tgz", Version: null, ETag: null },
      },
    },
    ...rest,
  };
}

/** Waits for a condition, at most ten seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited ten seconds in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
