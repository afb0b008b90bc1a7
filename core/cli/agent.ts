/** `runtime agent`: the agent of this host. @module */
import { z } from "zod";
import { AgentSettings, settingKind } from "../domain/agent_settings.ts";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import { type Flag, verb } from "./verb.ts";

const WORDS = { text: "value", number: "n", truth: "true|false", list: "a,b" };

/** Each goes before the key of the same name in the file: `--root-dir` before `:root_dir:`. */
const SETTING_FLAGS: readonly Flag[] = Object.entries(AgentSettings.shape).map(([key, schema]) => ({
  flags: `--${key.replaceAll("_", "-")} <${WORDS[settingKind(key) ?? "text"]}>`,
  text: schema.description ?? "",
}));

/** What a value must be is known to the agent, which names the flag. */
const text = z.string().min(1, "a value is wanted").exactOptional();
const SETTINGS: Readonly<Record<string, typeof text>> = Object.fromEntries(
  Object.keys(AgentSettings.shape).map((key) => [camelCase(key), text]),
);

export default verb({
  summary: "Run the agent of this host",
  flags: [
    { flags: "--config <file>", text: "its configuration", value: DEFAULT_AGENT_CONFIG },
    ...SETTING_FLAGS,
  ],
  examples: [
    "runtime agent",
    "runtime agent --config ./conf/codedeployagent.yml --max-rate 10MB",
  ],
  input: z.object({ config: z.string().min(1, "a file is wanted") }).and(z.object(SETTINGS)),
  async run({ config, ...given }, _io, rooms) {
    const settings = Object.fromEntries(
      Object.keys(AgentSettings.shape).flatMap((key) => {
        const value = given[camelCase(key)];
        return value === undefined ? [] : [[key, value]];
      }),
    );
    const { runAgent } = await rooms.agent();
    return await runAgent({ config, settings });
  },
});

/** The name of a key's flag in the input: `max_rate` is `maxRate`. */
function camelCase(key: string): string {
  return key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
