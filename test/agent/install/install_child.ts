/**
 * A process that installs a revision again and again until it is killed.
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { install } from "../../../core/agent/install/install.ts";
import { everythingTo, spec } from "./sandbox.ts";

const [root = "", archiveDir = ""] = process.argv.slice(2);
for (;;) {
  await install({
    archiveDir,
    deploymentRoot: join(archiveDir, ".."),
    instructionsDir: join(root, "instructions"),
    groupId: "group-1",
    appSpec: spec(everythingTo("/srv")),
    fileExistsBehavior: "DISALLOW",
    installRoot: join(root, "host"),
  });
}
