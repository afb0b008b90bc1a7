/** `runtime strategies`: the ways to take a fleet, and the deployment configs made of them. @module */
import { z } from "zod";
import { ListStrategiesOutput } from "../wire/strategies_api.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Show the strategies, and the deployment configs made of them",
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime strategies"],
  input: z.object(CLIENT_INPUT),
  async run({ json, ...input }, io) {
    const api = await openApi(io, input);
    const answer = await api.runtime("ListStrategies", {}, ListStrategiesOutput);
    io.stdout.write(json ? jsonLine(answer) : listing(answer));
    return EXIT.done;
  },
});

function listing({ strategies, configs }: ListStrategiesOutput): string {
  const width = Math.max(0, ...strategies.map(({ name }) => name.length));
  const ways = strategies.map(({ name, platform, description }) =>
    `${name.padEnd(width)}  ${platform}  ${description}\n`
  );
  const made = configs.map(({ deploymentConfigName, strategy, config }) =>
    `${deploymentConfigName}  ${strategy}  ${JSON.stringify(config)}\n`
  );
  const head = "\nDeployment configs made of them:\n";
  return [...ways, ...(made.length > 0 ? [head, ...made] : [])].join("");
}
