/** The agent of this host as a service, whatever starts it. @module */

export const SERVICE_NAME = "runtime-agent";

/** In the first two lines of every file of ours; another one is not overwritten. */
export const SERVICE_MARK = "# Written by `runtime agent install`.";

export interface AgentService {
  /** The program and its first arguments; the program's path is absolute. */
  command: readonly string[];
  /** Absolute path of codedeployagent.yml. */
  config: string;
  /** Whom it runs as; root without. */
  user?: string;
}
