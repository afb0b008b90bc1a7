/** `runtime agent`: the agent of this host. @module */
import { z } from "zod";
import { DEFAULT_AGENT_CONFIG } from "./program.ts";
import { type Flag, verb } from "./verb.ts";

const text = z.string().min(1, "a value is wanted").exactOptional();
const number = z.coerce.number("a number").exactOptional();

/** Each goes before the key of the same name in the file: `--root-dir` before `:root_dir:`. */
const SETTINGS = {
  rootDir: text,
  logDir: text,
  onPremisesConfigFile: text,
  deployControlEndpoint: text,
  s3EndpointOverride: text,
  installRoot: text,
  maxRate: text,
  maxRevisions: number,
  waitBetweenRuns: number,
  httpReadTimeout: number,
  killAgentMaxWaitTimeSeconds: number,
};

const SETTING_FLAGS: readonly Flag[] = [
  { flags: "--root-dir <dir>", text: "where revisions and the journal are kept" },
  { flags: "--log-dir <dir>", text: "where the agent logs" },
  { flags: "--on-premises-config-file <file>", text: "who this host is" },
  { flags: "--deploy-control-endpoint <url>", text: "the server" },
  { flags: "--s3-endpoint-override <url>", text: "where bundles are fetched, else the server" },
  { flags: "--install-root <dir>", text: "put before every destination of an AppSpec" },
  { flags: "--max-rate <rate>", text: "bytes per second of a download, such as 10MB" },
  { flags: "--max-revisions <n>", text: "revisions kept of a deployment group" },
  { flags: "--wait-between-runs <seconds>", text: "pause after an empty answer" },
  { flags: "--http-read-timeout <seconds>", text: "how long a poll may take" },
  { flags: "--kill-agent-max-wait-time-seconds <n>", text: "how long a stop waits for an event" },
];

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
  input: z.object({ config: z.string().min(1, "a file is wanted"), ...SETTINGS }),
  async run({ config, ...given }, _io, rooms) {
    const settings = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [keyOf(name), value]),
    );
    const { runAgent } = await rooms.agent();
    return await runAgent({ config, settings });
  },
});

/** The file's key of a flag: `maxRate` is `max_rate`. */
function keyOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
