/** The program: hands the arguments to the command line, and rooms to be loaded when asked for. @module */
import process from "node:process";
import { runCommandLine } from "./core/cli/program.ts";

const rooms = {
  server: () => import("./core/server/serve.ts"),
  agent: () => import("./core/agent/main.ts"),
  join: () => import("./core/agent/join.ts"),
  agentStatus: () => import("./core/agent/status.ts"),
  localRun: () => import("./core/agent/run_local.ts"),
};

runCommandLine(process.argv.slice(2), rooms).then((code) => {
  // Connections kept alive would hold the process; what was printed must be out before it ends.
  process.stdout.write("", () => process.exit(code));
});
