/** `runtime events remove`: nothing more goes to a target. @module */
import { z } from "zod";
import { DeleteEventTargetOutput } from "../wire/events_api.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Remove a target, and the events that wait for it",
  arguments: [["<name>", "name of the target"]],
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime events remove chat"],
  input: z.object({ ...CLIENT_INPUT, name: z.string() }),
  async run({ name, json, ...input }, io) {
    const api = await openApi(io, input);
    const answer = await api.runtime("DeleteEventTarget", { name }, DeleteEventTargetOutput);
    const { dropped } = answer;
    const waited = dropped === 1 ? "1 event" : `${dropped} events`;
    io.stdout.write(
      json ? jsonLine(answer) : `Removed ${name}, and ${waited} that it did not get.\n`,
    );
    return EXIT.done;
  },
});
