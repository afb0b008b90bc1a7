/** `runtime agent uninstall`: takes the service away that `runtime agent install` made. @module */
import { z } from "zod";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import { SCRIPT_PATH } from "./openrc_script.ts";
import { UNIT_PATH } from "./systemd_unit.ts";
import { removeService, thisMachine } from "./unit_file.ts";
import { verb } from "./verb.ts";

export default verb({
  summary: "Stop this host's agent and remove its service",
  examples: ["runtime agent uninstall"],
  input: z.object({}),
  async run(_input, io) {
    const machine = thisMachine(io.env["PATH"]);
    const files = [
      { init: "systemd", path: UNIT_PATH },
      { init: "openrc", path: SCRIPT_PATH },
    ] as const;
    let removed = 0;
    for (const file of files) {
      if (!await removeService(file, machine)) continue;
      io.stdout.write(`Removed ${file.path}\n`);
      removed++;
    }
    if (removed === 0) {
      throw usageFailure(
        "No service of ours is installed here",
        files.map(({ path }) => `${path} is missing`),
        ["runtime agent status"],
      );
    }
    io.stdout.write("Revisions, configuration and what was installed are still there\n");
    return EXIT.done;
  },
});
