/**
 * What a plugin that is not pure gets to reach the world with. Nothing else is to be reached, so that
 * what a plugin may do can be seen and bounded.
 * @module
 */

/** The end of a program. */
export interface ProgramEnd {
  /** Exit code; 128 and the signal's number when one ended it. */
  code: number;
  /** The first 64 KiB of each. */
  stdout: string;
  stderr: string;
}

export interface PluginContext {
  /** Aborted when the step is given up: its time is over, the deployment was stopped. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects when the step is given up. */
  sleep(ms: number): Promise<void>;
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /**
   * One exchange over a socket (`unix:/run/haproxy/admin.sock`, `tcp:127.0.0.1:9999`): writes the
   * text, and answers all that comes until the other side closes, 1 MiB at most.
   */
  exchange(address: string, text: string): Promise<string>;
  /** Runs a program without a shell; `input` goes to its standard input. */
  run(command: readonly string[], options?: RunOptions): Promise<ProgramEnd>;
  /** UTF-8; undefined when there is no such file. */
  readFile(path: string): Promise<string | undefined>;
  /** By a new file beside it and a rename, so that nobody reads half of it; keeps mode and owner. */
  replaceFile(path: string, text: string): Promise<void>;
  /** Rows of a query against a SQLite or libSQL database file, opened for reading only. */
  query(path: string, sql: string): Promise<Record<string, unknown>[]>;
  /** A line for the deployment's log. */
  log(line: string): void;
}

export interface RunOptions {
  input?: string;
  env?: Readonly<Record<string, string>>;
}

/** The deployment that a plugin works for. */
export interface DeploymentView {
  readonly id: string;
  readonly application: string;
  readonly group: string;
}
