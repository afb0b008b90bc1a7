/**
 * A process that installs a revision, and is killed: by another process while it does so again and
 * again, or by itself right before the operation that it is told.
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { install } from "../../../core/agent/install/install.ts";
import { type Kill, KillingWriter } from "./killing_writer.ts";
import { everythingTo, spec } from "./sandbox.ts";

const [root = "", deploymentRoot = "", appSpec = everythingTo("/srv"), operation] = process.argv
  .slice(2);
const kill: Kill | undefined = operation === undefined ? undefined : {
  operation: Number(operation),
  moment: "before",
  end: () => process.kill(process.pid, "SIGKILL"),
};
for (;;) {
  await install({
    archiveDir: join(deploymentRoot, "deployment-archive"),
    deploymentRoot,
    instructionsDir: join(root, "instructions"),
    groupId: "group-1",
    appSpec: spec(appSpec),
    fileExistsBehavior: "DISALLOW",
    installRoot: join(root, "host"),
    ...(kill && { writer: new KillingWriter(kill).writer }),
  });
}
