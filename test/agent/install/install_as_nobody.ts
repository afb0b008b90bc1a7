/**
 * A process that gives up root and then installs a revision; prints why it could not.
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { install } from "../../../core/agent/install/install.ts";
import { everythingTo, spec } from "./sandbox.ts";

const NOBODY = 65534;
const [root = "", deploymentRoot = ""] = process.argv.slice(2);
process.setgroups?.([]);
process.setgid?.(NOBODY);
process.setuid?.(NOBODY);
try {
  await install({
    archiveDir: join(deploymentRoot, "deployment-archive"),
    deploymentRoot,
    instructionsDir: join(root, "instructions"),
    groupId: "group-1",
    appSpec: spec(everythingTo("/srv")),
    fileExistsBehavior: "OVERWRITE",
    installRoot: join(root, "host"),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
