/**
 * The OpenRC script of this host's agent, as text (Alpine, Gentoo). Pure; its comments are for whoever
 * opens it later.
 * @module
 */
import { type AgentService, SERVICE_MARK, SERVICE_NAME } from "./agent_service.ts";

export const SCRIPT_PATH = `/etc/init.d/${SERVICE_NAME}`;

export function agentScript({ command, config, user }: AgentService): string {
  const [program = "", ...rest] = command;
  // openrc-run reads both with \`eval\`, so what is quoted for a shell here is quoted once more.
  const words = [...rest, "agent", "--config", config].map(shellWord).join(" ");
  return `#!/sbin/openrc-run
${SERVICE_MARK}
# Settings of your own belong into /etc/conf.d/${SERVICE_NAME}

name="Runtime agent"
description="Deploys to this host what its server orders"

# Starts the agent again when it has ended, however often: a server that is away for long must not
# use up the restarts.
supervisor=supervise-daemon
respawn_delay=5
respawn_max=0

command=${shellWord(shellWord(program))}
command_args=${shellWord(words)}
${user === undefined ? "" : `command_user=${shellWord(shellWord(user))}\n`}
# The agent lets the running event end first; :kill_agent_max_wait_time_seconds: bounds that, at most
# a day. It is told once and not killed. Services that scripts have started live on.
retry="SIGTERM/86460"

depend() {
	need net
	use dns logger
	after firewall
}
`;
}

/** A word in which nothing means anything to a shell. */
function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
