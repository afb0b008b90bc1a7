/** `runtime agent`: the agent of this host. @module */
import { z } from "zod";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import { verb } from "./verb.ts";

export default verb({
  summary: "Run the agent of this host",
  flags: [
    { flags: "--config <file>", text: "its configuration", value: DEFAULT_AGENT_CONFIG },
  ],
  examples: ["runtime agent", "runtime agent --config ./conf/codedeployagent.yml"],
  input: z.object({ config: z.string().min(1, "a file is wanted") }),
  async run(input, _io, rooms) {
    const { runAgent } = await rooms.agent();
    return await runAgent(input);
  },
});
