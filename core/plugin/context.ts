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

/** How long one call may take. */
export interface CallLimit {
  /** Milliseconds; 10,000 unless told otherwise. */
  timeoutMs?: number;
}

export interface PluginContext {
  /** Aborted when the step is given up: its time is over, the deployment was stopped. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects when the step is given up. */
  sleep(ms: number): Promise<void>;
  /** The whole answer, 8 MiB at most; what goes wrong names the address. */
  fetch(url: string, init?: RequestInit & CallLimit): Promise<Response>;
  /**
   * One exchange over a socket (`unix:/run/haproxy/admin.sock`, `tcp:127.0.0.1:9999`): writes the
   * text, and answers all that comes until the other side closes, 1 MiB at most.
   */
  exchange(address: string, text: string, limit?: CallLimit): Promise<string>;
  /**
   * Runs a program without a shell; `input` goes to its standard input. When the step is given up or
   * its time is over, the program is ended with all that it has started. Of the server's environment
   * it sees where programs, homes and temporary files lie and which language is spoken, no more.
   */
  run(command: readonly string[], options?: RunOptions): Promise<ProgramEnd>;
  /** UTF-8; undefined when there is no such file. 8 MiB at most. */
  readFile(path: string): Promise<string | undefined>;
  /**
   * By a new file beside it and a rename, so that nobody reads half of it; keeps mode and owner. A
   * link is refused: it would become a file.
   */
  replaceFile(path: string, text: string): Promise<void>;
  /** The line in the file of this name in the server's folder of secrets; no file is an error. */
  secret(name: string): Promise<string>;
  /** Rows of a query against a SQLite or libSQL database file, opened for reading only; 10,000 at most. */
  query(path: string, sql: string): Promise<Record<string, unknown>[]>;
  /** A line for the deployment's log. */
  log(line: string): void;
}

export interface RunOptions extends CallLimit {
  input?: string;
  env?: Readonly<Record<string, string>>;
}

/** The deployment that a plugin works for. */
export interface DeploymentView {
  readonly id: string;
  readonly application: string;
  readonly group: string;
}
