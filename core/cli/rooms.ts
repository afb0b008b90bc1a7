/**
 * What the command line asks of the rooms it starts. Each is imported only when its verb runs, so
 * that an agent never loads the store and a push never loads the server.
 * @module
 */
import type { Tag } from "../domain/tag.ts";

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
  /** Turns this many seconds into one, for trials on the loopback address. */
  timeLapse?: number;
}

/** `runtime agent`. */
export interface AgentOptions {
  /** Path of codedeployagent.yml. */
  config: string;
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

/** Each entry function answers the exit code of the process when the room ends. */
export interface Rooms {
  server(): Promise<{ serve(options: ServeOptions): Promise<number> }>;
  agent(): Promise<{ runAgent(options: AgentOptions): Promise<number> }>;
  join(): Promise<{ join(options: JoinOptions): Promise<number> }>;
}
