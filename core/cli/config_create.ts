/** `runtime config create`: a deployment config that a strategy carries out. @module */
import { z } from "zod";
import { PutStrategyConfigOutput } from "../wire/strategies_api.ts";
import { openApi } from "./api.ts";
import { CONFIG_FLAGS, CONFIG_INPUT, configOf } from "./config_flags.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

const FIRST_EXAMPLE = "runtime config create careful --strategy exponential --set bake=5m";

export default verb({
  summary: "Make a deployment config of a strategy, or change it",
  arguments: [["<name>", "name of the config; one of a strategy that is there is replaced"]],
  flags: [
    { flags: "--strategy <name>", text: "how the fleet is taken (see: runtime strategies)" },
    ...CONFIG_FLAGS,
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    FIRST_EXAMPLE,
    `runtime config create canary-1h --strategy canary --set 'steps=[{"hosts":1},{"bake":"1h"}]'`,
    "runtime config create racks --strategy zonal --set zoneBy=rack " +
    "--set monitorDurationInSeconds=600",
    "runtime config create watched --strategy canary --config @canary.json",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    ...CONFIG_INPUT,
    name: z.string(),
    strategy: z.string("name the strategy"),
  }),
  async run({ name, strategy, set, config: whole, json, ...input }, io) {
    const given = { set, ...(whole !== undefined && { config: whole }) };
    const config = await configOf(given, FIRST_EXAMPLE, io);
    const asked = { deploymentConfigName: name, strategy, config };
    const api = await openApi(io, input);
    const answer = await api.runtime("PutStrategyConfig", asked, PutStrategyConfigOutput);
    io.stdout.write(
      json
        ? jsonLine({ ...asked, ...answer })
        : `Config ${name} goes by the strategy ${strategy}. Use it: runtime deploy --config ${name}\n`,
    );
    return EXIT.done;
  },
});
