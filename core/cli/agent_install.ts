/** `runtime agent install`: this host's agent as a service of systemd. @module */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { selfCommand } from "../platform.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import { agentUnit, UNIT_NAME, UNIT_PATH } from "./systemd_unit.ts";
import { thisMachine, writeUnit } from "./unit_file.ts";
import { verb } from "./verb.ts";

export default verb({
  summary: "Run this host's agent as a service of systemd",
  flags: [
    { flags: "--config <file>", text: "the agent's configuration", value: DEFAULT_AGENT_CONFIG },
    { flags: "--user <user>", text: "whom the agent runs as (else root)" },
    { flags: "--print", text: "print the unit instead of installing it" },
  ],
  examples: ["runtime agent install", "runtime agent install --user deploy --print"],
  input: z.object({
    // A line break would begin another line of the unit.
    // deno-lint-ignore no-control-regex -- control characters are what is refused
    config: z.string().regex(/^[^\x00-\x1f\x7f]+$/, "a file without control characters is wanted"),
    user: z.string().regex(/^[A-Za-z0-9_][\w.-]{0,31}$/, "the name of a user is wanted")
      .exactOptional(),
    print: z.boolean().default(false),
  }),
  async run({ config: given, user, print }, io) {
    const config = resolve(io.cwd, given);
    const other = user === undefined || user === "root" ? {} : { user };
    const unit = agentUnit({ command: selfCommand(), config, ...other });
    if (print) {
      io.stdout.write(unit);
      return EXIT.done;
    }
    const machine = thisMachine(io.env["PATH"]);
    if (machine.isRoot && !existsSync(config)) throw notJoined(config);
    await writeUnit(UNIT_PATH, unit, machine);
    io.stdout.write(`Wrote ${UNIT_PATH}\n`);
    if (other.user !== undefined) {
      io.stdout.write(
        `${other.user} must be able to read ${config} and the on-premises file it names, and to ` +
          "write to its :root_dir: and :log_dir:\n",
      );
    }
    io.stdout.write(
      machine.hasSystemd
        ? `Next: systemctl enable --now ${UNIT_NAME}\n`
        : "systemd does not run here. Once it does: " +
          `systemctl daemon-reload && systemctl enable --now ${UNIT_NAME}\n`,
    );
    return EXIT.done;
  },
});

function notJoined(config: string) {
  return usageFailure(
    "This host has not joined a server",
    [`${config} is missing`],
    ["runtime agent join URL --token TOKEN --name NAME", "runtime agent install --config FILE"],
  );
}
