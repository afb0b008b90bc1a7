/**
 * The systemd unit of this host's agent, as text. Pure; its comments are for whoever opens it later.
 * @module
 */
import { type AgentService, SERVICE_MARK, SERVICE_NAME } from "./agent_service.ts";

export const UNIT_PATH = `/etc/systemd/system/${SERVICE_NAME}.service`;

export function agentUnit({ command, config, user }: AgentService): string {
  const [program = "", ...rest] = command;
  const exec = [quoted(program), ...[...rest, "agent", "--config", config].map(argument)].join(" ");
  return `${SERVICE_MARK}
# Changes of your own belong into: systemctl edit ${SERVICE_NAME}

[Unit]
Description=Runtime agent
Wants=network-online.target
After=network-online.target
# A server that is away for long must not use up the restarts.
StartLimitIntervalSec=0

[Service]
# The agent says when it has started, how its connection stands (systemctl status shows it) and, while
# its poll loop turns, that it is alive. Scripts get nothing of this: only the agent itself is heard.
Type=notify
NotifyAccess=main
TimeoutStartSec=300
WatchdogSec=180
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
# of an AppSpec, or in a script), and nothing that is setuid gets its rights.
NoNewPrivileges=no

# Whatever is set here, scripts inherit, and so does each service that a script starts by itself.
# Left out on purpose:
#   ProtectSystem= ProtectHome= ReadOnlyPaths=       an AppSpec may install anywhere
#   PrivateTmp= PrivateDevices= PrivateNetwork=      scripts and what they start share /tmp, devices
#     PrivateUsers= ProcSubset= ProtectProc=         and processes with the rest of the host
#   DynamicUser= CapabilityBoundingSet=              hooks run as any user, files get any owner
#   RestrictSUIDSGID=                                an AppSpec may give a file setuid
#   ProtectControlGroups= RestrictNamespaces=        scripts start containers
#   ProtectClock= ProtectHostname=                   scripts set up hosts; the first also shuts devices
#   MemoryDenyWriteExecute= SystemCallFilter=        agent and scripts run code that is compiled as it
#     SystemCallArchitectures= LockPersonality=      runs, or made for another architecture
#   RestrictRealtime= RestrictAddressFamilies=       would bind the services that scripts start
${user === undefined ? ROOT_HARDENING : userLines(user)}
[Install]
WantedBy=multi-user.target
`;
}

/** What an installation has no business with. */
const ROOT_HARDENING = `
# Nobody may load kernel modules, change /proc/sys and /sys, or read the kernel's log. Where a script
# must (sysctl, modprobe), say so with \`systemctl edit\`, for instance: ProtectKernelTunables=no
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
