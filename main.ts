/** The program: hands the arguments to the command line, and rooms to be loaded when asked for. @module */
import { readFileSync } from "node:fs";
import process from "node:process";
import { runCommandLine } from "./core/cli/program.ts";
import { argumentsUnder } from "./core/cli/program_name.ts";
import { LAUNCH_VERB } from "./core/platform/launch_words.ts";

const rooms = {
  server: () => import("./core/server/serve.ts"),
  agent: () => import("./core/agent/main.ts"),
  join: () => import("./core/agent/join.ts"),
  joinRegistered: () => import("./core/agent/join_registered.ts"),
  agentStatus: () => import("./core/agent/status.ts"),
  daemon: () => import("./core/agent/daemon.ts"),
  agentRepair: () => import("./core/agent/repair.ts"),
  agentGc: () => import("./core/agent/gc.ts"),
  localRun: () => import("./core/agent/run_local.ts"),
};

/** Compiled, neither process.argv nor process.argv0 has the name that was typed; the kernel has it. */
function startedAs(): string {
  if (process.platform !== "linux") return process.argv0;
  return readFileSync("/proc/self/cmdline", "utf8").split("\0", 1)[0] ?? "";
}

const given = process.argv.slice(2);
const [verb, ...words] = given;
const ended = verb === LAUNCH_VERB
  ? import("./core/agent/script_launcher.ts").then(({ launch }) => launch(words))
  : runCommandLine(argumentsUnder(startedAs(), given), rooms);

ended.then((code) => {
  // Connections kept alive would hold the process; what was printed must be out before it ends.
  process.stdout.write("", () => process.exit(code));
});
