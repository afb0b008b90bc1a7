/** The program: hands the arguments to the command line, and rooms to be loaded when asked for. @module */
import process from "node:process";
import { runCommandLine } from "./core/cli/program.ts";
import { LAUNCH_VERB } from "./core/platform/launch_words.ts";

const rooms = {
  server: () => import("./core/server/serve.ts"),
  agent: () => import("./core/agent/main.ts"),
  join: () => import("./core/agent/join.ts"),
  agentStatus: () => import("./core/agent/status.ts"),
  localRun: () => import("./core/agent/run_local.ts"),
};

const [verb, ...words] = process.argv.slice(2);
const ended = verb === LAUNCH_VERB
  ? import("./core/agent/script_launcher.ts").then(({ launch }) => launch(words))
  : runCommandLine(process.argv.slice(2), rooms);

ended.then((code) => {
  // Connections kept alive would hold the process; what was printed must be out before it ends.
  process.stdout.write("", () => process.exit(code));
});
