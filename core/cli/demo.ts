/** `runtime demo`: the whole product at work on this machine, in under a minute. @module */
import { z } from "zod";
import { runDemo } from "./demo/story.ts";
import { verb } from "./verb.ts";

export default verb({
  summary: "Watch a server, three agents, a deployment and a rollback at work",
  flags: [{ flags: "--keep", text: "leave the server and the agents running at the end" }],
  examples: ["runtime demo"],
  input: z.object({ keep: z.boolean().default(false) }),
  run: ({ keep }, io) => runDemo({ keep }, io),
});
