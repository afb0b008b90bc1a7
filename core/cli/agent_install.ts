/** `runtime agent install`: this host's agent as a service of systemd or OpenRC. @module */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { selfCommand } from "../platform.ts";
import { type AgentService, SERVICE_NAME } from "./agent_service.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import { agentScript, SCRIPT_PATH } from "./openrc_script.ts";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import { agentUnit, UNIT_PATH } from "./systemd_unit.ts";
import { type Init, type ServiceFile, thisMachine, writeService } from "./unit_file.ts";
import { verb } from "./verb.ts";

export default verb({
  summary: "Run this host's agent as a service",
  flags: [
    { flags: "--config <file>", text: "the agent's configuration", value: DEFAULT_AGENT_CONFIG },
    { flags: "--user <user>", text: "whom the agent runs as (else root)" },
    { flags: "--init <which>", text: "systemd or openrc (else the one of this machine)" },
    { flags: "--print", text: "print the service's file instead of installing it" },
  ],
  examples: [
    "runtime agent install",
    "runtime agent install --user deploy --print",
    "runtime agent install --init openrc",
  ],
  input: z.object({
    // A line break would begin another line of the file.
    // deno-lint-ignore no-control-regex -- control characters are what is refused
    config: z.string().regex(/^[^\x00-\x1f\x7f]+$/, "a file without control characters is wanted"),
    user: z.string().regex(/^[A-Za-z0-9_][\w.-]{0,31}$/, "the name of a user is wanted")
      .exactOptional(),
    init: z.enum(["systemd", "openrc"], "systemd or openrc is wanted").exactOptional(),
    print: z.boolean().default(false),
  }),
  async run({ config: given, user, init, print }, io) {
    const config = resolve(io.cwd, given);
    const machine = thisMachine(io.env["PATH"]);
    const other = user === undefined || user === "root" ? {} : { user };
    const service = { command: selfCommand(), config, ...other };
    const file = serviceFile(init ?? machine.init ?? "systemd", service);
    if (print) {
      io.stdout.write(file.text);
      return EXIT.done;
    }
    if (machine.isRoot && !existsSync(config)) throw notJoined(config);
    await writeService(file, machine);
    io.stdout.write(`Wrote ${file.path}\n`);
    if (other.user !== undefined) {
      io.stdout.write(
        `${other.user} must be able to read ${config} and the on-premises file it names, and to ` +
          "write to its :root_dir: and :log_dir:\n",
      );
    }
    io.stdout.write(nextStep(file.init, machine.init));
    return EXIT.done;
  },
});

function serviceFile(init: Init, service: AgentService): ServiceFile {
  return init === "systemd"
    ? { init, path: UNIT_PATH, text: agentUnit(service) }
    : { init, path: SCRIPT_PATH, text: agentScript(service) };
}

function nextStep(init: Init, running: Init | undefined): string {
  if (init === "openrc") {
    const once = running === "openrc" ? "Next: " : "OpenRC does not run here. Once it does: ";
    return `${once}rc-update add ${SERVICE_NAME} && rc-service ${SERVICE_NAME} start\n`;
  }
  return running === "systemd"
    ? `Next: systemctl enable --now ${SERVICE_NAME}\n`
    : "systemd does not run here. Once it does: " +
      `systemctl daemon-reload && systemctl enable --now ${SERVICE_NAME}\n`;
}

function notJoined(config: string) {
  return usageFailure(
    "This host has not joined a server",
    [`${config} is missing`],
    ["runtime agent join URL --token TOKEN --name NAME", "runtime agent install --config FILE"],
  );
}
