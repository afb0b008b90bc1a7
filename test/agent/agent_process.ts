/** An agent as a process of its own, to be killed: `agent_process.ts CONFIG SCRIPTS`. @module */
import process from "node:process";
import { startAgent } from "../../core/agent/agent.ts";
import { readConfig } from "../../core/agent/config.ts";
import { scriptHost } from "./script_host.ts";

const [configFile = "", scripts = ""] = process.argv.slice(2);
const config = await readConfig(configFile);
const agent = await startAgent(config, {
  host: scriptHost(scripts),
  onConnected: () => console.log("connected"),
});
process.on("SIGTERM", () => void agent.stop().then(() => process.exit(0)));
