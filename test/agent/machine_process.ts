/**
 * An agent on this machine as a process of its own, to be killed:
 * `machine_process.ts CONFIG INSTALL_ROOT BOOT_ID_FILE [before|after:K]`. With the last word it kills
 * itself when it is about to make its K-th line in the journal, or has just made it.
 * @module
 */
import process from "node:process";
import { startAgent } from "../../core/agent/agent.ts";
import { readConfig } from "../../core/agent/config.ts";
import { Journal } from "../../core/agent/journal.ts";
import { machine } from "../../core/agent/lifecycle.ts";

const [configFile = "", installRoot = "", bootIdFile = "", fault] = process.argv.slice(2);
if (fault !== undefined) dieAt(fault);
const config = await readConfig(configFile);
const agent = await startAgent(config, {
  host: machine({ ...config, installRoot }),
  onConnected: () => console.log("connected"),
  bootIdFile,
});
process.on("SIGTERM", () => void agent.stop().then(() => process.exit(0)));

function dieAt(point: string): void {
  const [when, number] = point.split(":");
  const append = Journal.prototype.append;
  let count = 0;
  Journal.prototype.append = function (record) {
    const isIt = ++count === Number(number);
    if (isIt && when === "before") process.kill(process.pid, "SIGKILL");
    const appended = append.call(this, record);
    return isIt ? appended.then(() => void process.kill(process.pid, "SIGKILL")) : appended;
  };
}
