/** Exit codes of the program; scripts rely on them (docs: the command line). @module */

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  rolledBack: 3,
  /** `runtime agent status`, as `systemctl status` has it; no deployment is asked about there. */
  notRunning: 3,
  timedOut: 4,
  /** `codedeploy-agent status`: whether an agent runs cannot be told. */
  cannotTell: 4,
  /** Another deployment of the group is active. */
  blocked: 5,
  notAllowed: 7,
  unreachable: 8,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
} as const;
