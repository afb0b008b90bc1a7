/** `runtime events targets`: where events go, and how many wait or were given up. @module */
import { z } from "zod";
import { ListEventTargetsOutput } from "../wire/events_api.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Show where events go, and how many wait",
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime events targets"],
  input: z.object(CLIENT_INPUT),
  async run({ json, ...input }, io) {
    const api = await openApi(io, input);
    const answer = await api.runtime("ListEventTargets", {}, ListEventTargetsOutput);
    if (json) {
      io.stdout.write(jsonLine(answer));
      return EXIT.done;
    }
    for (const target of answer.targets) io.stdout.write(lines(target));
    if (answer.targets.length === 0) {
      io.stderr.write("No event targets. Make one: runtime events add NAME --to URL\n");
    }
    return EXIT.done;
  },
});

function lines(target: ListEventTargetsOutput["targets"][number]): string {
  const { name, url, file, header, pattern, waiting, dead } = target;
  const to = url ?? `file ${file}`;
  const said = [
    `${name}  ${to}`,
    ...(header ? [`  header   ${header.name} from the secret ${header.secret}`] : []),
    ...(pattern ? [`  pattern  ${JSON.stringify(pattern)}`] : []),
    `  events   ${waiting} waiting, ${dead} given up${
      dead > 0 ? `: runtime events dead-letters --destination target:${name}` : ""
    }`,
  ];
  return said.join("\n") + "\n";
}
