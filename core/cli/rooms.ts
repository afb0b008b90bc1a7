/**
 * What the command line asks of the rooms it starts. Each is imported only when its verb runs, so
 * that an agent never loads the store and a push never loads the server.
 * @module
 */
import type { FileExistsBehavior } from "../domain/deployment.ts";
import type { BusyGroup } from "../domain/group_policy.ts";
import type { LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Tag } from "../domain/tag.ts";
import type { LogLine } from "../wire/agent_protocol.ts";
import type { FailureReport } from "./failure.ts";

/** `runtime server`. Paths are as the person gave them, relative to the working directory. */
export interface ServeOptions {
  /** `HOST:PORT`; port 0 picks a free one. */
  listen: string;
  data: string;
  /** URL of a shared store; without it the store lies in the data folder. */
  store?: string;
  plugins?: string;
  tlsCert?: string;
  tlsKey?: string;
  /** Folder of file event targets; without it `events` in the data folder. */
  eventsDir?: string;
  /** PEM file of authorities that event receivers' certificates may come from. */
  eventsCa?: string;
  /** Attempts, and hours, after which an event is a dead letter. */
  eventsAttempts?: number;
  eventsHours?: number;
  /** `NAME=VALUE` each: how many of what there may be, in the place of AWS's numbers. */
  limits: readonly string[];
  /** What becomes of a request for a group that has a deployment under way. */
  busyGroup: BusyGroup;
  /** Account and region of every ARN; those of the environment when not given. */
  account?: string;
  region?: string;
  /** Turns this many seconds into one, for trials on the loopback address. */
  timeLapse?: number;
}

/** `runtime agent`. */
export interface AgentOptions {
  /** Path of codedeployagent.yml. */
  config: string;
  /** What goes before the file, by its keys: `max_revisions`. */
  settings?: Readonly<Record<string, string | number>>;
}

/** `runtime agent join`. */
export interface JoinOptions {
  url: string;
  token: string;
  name: string;
  tags: Tag[];
  /** Folder that gets codedeployagent.yml and codedeploy.onpremises.yml. */
  configDir: string;
  /** Where the agent keeps revisions and its journal. */
  root?: string;
  /** Put before every destination of an AppSpec, for several agents on one machine. */
  installRoot?: string;
}

/** `runtime agent join` of a host that is registered already. */
export interface JoinRegisteredOptions {
  url: string;
  /** Its codedeploy.onpremises.yml. */
  registered: string;
  configDir: string;
  root?: string;
  installRoot?: string;
}

/** `runtime agent run-local`. */
export interface LocalRunOptions {
  /** Folder or archive. */
  location: string;
  /** Else what the location shows. */
  type?: "directory" | "tar" | "tgz" | "zip";
  fileExistsBehavior: FileExistsBehavior;
  groupId: string;
  groupName: string;
  application: string;
  /** Names of lifecycle events as the person gave them; all without. */
  events?: readonly string[];
  appSpecFilename: string;
  /** Path of a codedeployagent.yml whose folders are used. */
  config?: string;
  root?: string;
  installRoot?: string;
  signal: AbortSignal;
}

/** Hears how a local run goes. */
export interface LocalRunWatcher {
  begins(run: { deploymentId: string; events: readonly LifecycleEventName[]; root: string }): void;
  /** Once when it begins, InProgress, and once when it has ended. */
  event(event: LifecycleEvent): void;
  line(line: LogLine): void;
}

/** `runtime agent status`: what a host's files say; times in milliseconds since the epoch. */
export interface AgentStatus {
  name: string;
  /** URL of the server it has joined. */
  server: string;
  root: string;
  /** The agent's process, when one runs. */
  pid?: number;
  /** The latest first. */
  orders: readonly {
    /** Unknown for an order whose beginning the journal no longer has. */
    deploymentId?: string;
    application?: string;
    group?: string;
    status: "InProgress" | "Succeeded" | "Failed";
    /** Begun last. */
    event?: LifecycleEventName;
    /** Why it failed. */
    message?: string;
    at: number;
  }[];
  /** Revisions on disk, by group. */
  groups: readonly {
    groupId: string;
    revisions: number;
    bytes: number;
    /** Whose Install ended last. */
    installed?: string;
  }[];
  /** What a person should know of its configuration, a sentence each. */
  warnings?: readonly string[];
}

/** What `codedeploy-agent` finds: the process that holds the root of a configuration. */
export interface AgentProcess {
  pid: number;
  /** Lines of `/proc/PID/cgroup`. */
  cgroup: string;
  /** Ids of the deployments that have begun and not ended. */
  deploying: readonly string[];
}

/** `codedeploy-agent`; each takes the absolute path of codedeployagent.yml. */
export interface Daemon {
  findAgent(
    config: string,
  ): Promise<{ agent: AgentProcess | undefined } | { failure: FailureReport }>;
  launchAgent(config: string): Promise<{ pid: number } | { failure: FailureReport }>;
  /** False when the time that the configuration gives it was not enough. */
  endAgent(config: string): Promise<{ ended: boolean } | { failure: FailureReport }>;
}

/** `runtime agent repair`: what is wrong with the agent's own files. */
export interface RepairReport {
  root: string;
  findings: readonly {
    groupId: string;
    path: string;
    problem: string;
    /** How it is mended, in words. */
    advice: string;
    /** Undefined for what nothing here can mend. */
    mend?: { kind: string };
  }[];
  /** What is not to be touched, and why. */
  untouched: readonly { groupId: string; path: string; why: string }[];
  /** Whether what could be mended was. */
  isApplied: boolean;
}

/** `runtime agent gc`: what was removed, or would be in a dry run. */
export interface GcReport {
  root: string;
  removed: readonly { path: string; why: string; bytes: number }[];
  bytes: number;
  isDryRun: boolean;
}

/**
 * Each entry function answers the exit code of the process when the room ends; those that leave the
 * printing to the command line answer what a person is to read.
 */
export interface Rooms {
  server(): Promise<{ serve(options: ServeOptions): Promise<number> }>;
  agent(): Promise<{ runAgent(options: AgentOptions): Promise<number> }>;
  join(): Promise<{ join(options: JoinOptions): Promise<number> }>;
  joinRegistered(): Promise<{
    joinRegistered(options: JoinRegisteredOptions): Promise<number>;
  }>;
  agentStatus(): Promise<{
    agentStatus(
      options: AgentOptions,
    ): Promise<{ status: AgentStatus } | { failure: FailureReport }>;
  }>;
  daemon(): Promise<Daemon>;
  agentRepair(): Promise<{
    repair(
      options: { config: string; mode: "look" | "apply" },
    ): Promise<{ report: RepairReport } | { failure: FailureReport }>;
  }>;
  agentGc(): Promise<{
    gc(
      options: { config: string; keep?: number; mode: "look" | "apply" },
    ): Promise<{ report: GcReport } | { failure: FailureReport }>;
  }>;
  localRun(): Promise<{
    runLocal(
      options: LocalRunOptions,
      watcher: LocalRunWatcher,
    ): Promise<FailureReport | undefined>;
  }>;
}
