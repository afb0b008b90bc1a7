/**
 * The systemd unit of this host's agent, as text. Pure; its comments are for whoever opens it later.
 * @module
 */

export const UNIT_NAME = "runtime-agent";
export const UNIT_PATH = `/etc/systemd/system/${UNIT_NAME}.service`;
/** The first line of every unit of ours; another one is not overwritten. */
export const UNIT_MARK = "# Written by `runtime agent install`.";

export interface AgentUnit {
  /** The program and its first arguments; the program's path is absolute. */
  command: readonly string[];
  /** Absolute path of codedeployagent.yml. */
  config: string;
  /** Whom it runs as; root without. */
  user?: string;
}

export function agentUnit({ command, config, user }: AgentUnit): string {
  const [program = "", ...rest] = command;
  const exec = [quoted(program), ...[...rest, "agent", "--config", config].map(argument)].join(" ");
  return `${UNIT_MARK}
# Changes of your own belong into: systemctl edit ${UNIT_NAME}

[Unit]
Description=Runtime agent
Wants=network-online.target
After=network-online.target
# A server that is away for long must not use up the restarts.
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=${exec}
Restart=always
RestartSec=5

# Services that scripts have started live on when the agent stops or is restarted, and one that is
# killed for its memory does not take the agent with it.
KillMode=process
OOMPolicy=continue

# The agent lets the running event end first; :kill_agent_max_wait_time_seconds: bounds that.
TimeoutStopSec=infinity

# NoNewPrivileges= must stay off, for scripts inherit it: under it sudo refuses to work (\`sudo: true\`
# of an AppSpec, or in a script), and nothing that is setuid gets its rights, su of \`runas\` included.
NoNewPrivileges=no
${user === undefined ? ROOT_HARDENING : userLines(user)}
[Install]
WantedBy=multi-user.target
`;
}

/** What an installation has no business with; ProtectSystem= and the like would keep it from its own. */
const ROOT_HARDENING = `
# Scripts inherit these too: none may load kernel modules or change /proc/sys and /sys. Where one must
# (sysctl, modprobe), say so with \`systemctl edit\`, for instance: ProtectKernelTunables=no
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectKernelLogs=yes
`;

function userLines(user: string): string {
  return `
# ProtectKernelModules= and its like are left out: for a user other than root they turn
# NoNewPrivileges= on, and that user may do nothing of what they forbid.
User=${user}
`;
}

/** An argument in which nothing is a variable. */
function argument(text: string): string {
  return quoted(text).replaceAll("$", "$$$$"); // "$$" in the replacement stands for one "$"
}

/** Between quotes if need be; in every value of a unit a "%" begins a specifier. */
function quoted(text: string): string {
  const escaped = text.replaceAll("%", "%%");
  if (/^[\w@%+=:,./$-]+$/.test(text)) return escaped;
  return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
