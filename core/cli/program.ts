/**
 * The command line: finds the verb, loads its file alone, parses with commander, prints failures and
 * answers the exit code.
 * @module
 */
import { VERSION } from "../wire/version.ts";
import { EXIT } from "./exit.ts";
import { Failure, renderReport } from "./failure.ts";
import { type Io, processIo } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import type { Rooms } from "./rooms.ts";

export const DEFAULT_AGENT_CONFIG = "/etc/codedeploy-agent/conf/codedeployagent.yml";

/** Runs one command, arguments without the program's name. Never rejects. */
export async function runCommandLine(
  argv: readonly string[],
  rooms: Rooms,
  io: Io = processIo(),
): Promise<number> {
  try {
    if (argv.length === 1 && argv[0] === "--version") {
      io.stdout.write(`${VERSION}\n`);
      return EXIT.done;
    }
    const agentConfig = plainAgent(argv);
    if (agentConfig !== undefined) {
      const { runAgent } = await rooms.agent();
      return await runAgent({ config: agentConfig });
    }
    const { runVerb } = await import("./commands.ts");
    return await runVerb(argv, io, rooms);
  } catch (error) {
    return await reportError(error, argv, io);
  }
}

/**
 * The configuration path of `runtime agent [--config FILE]`, or undefined for any other command.
 * This one form is read by hand: an idle agent should hold nothing of the command line in memory.
 */
function plainAgent(argv: readonly string[]): string | undefined {
  if (argv[0] !== "agent") return undefined;
  if (argv.length === 1) return DEFAULT_AGENT_CONFIG;
  if (argv.length === 3 && argv[1] === "--config") return argv[2];
  const joined = argv[1]?.match(/^--config=(.+)$/)?.[1];
  return argv.length === 2 ? joined : undefined;
}

async function reportError(error: unknown, argv: readonly string[], io: Io): Promise<number> {
  const { asFailure } = await import("./api_failure.ts");
  const failure = error instanceof Failure ? error : asFailure(error);
  const { report } = failure;
  const text = argv.includes("--json") ? jsonLine({ error: report }) : renderReport(report);
  io.stderr.write(text);
  return report.exitCode ?? EXIT.failed;
}
