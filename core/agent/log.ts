/**
 * The agent's own log: lines for a person in `<log_dir>/codedeploy-agent.log`, warnings on stderr as
 * well. At 16 MiB the file becomes `.1` and a new one begins.
 * @module
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import {
  configure,
  dispose,
  getLogger,
  getTextFormatter,
  type LogRecord,
  withFilter,
} from "@logtape/logtape";

/** Bytes. */
const LONGEST = 16 * 1024 * 1024;

const CATEGORY = "agent";
export const log = getLogger(CATEGORY);

const format = getTextFormatter({ timestamp: "rfc3339", value: (value) => String(value) });

/** Sends the log to its file; answers how to end it. Throws when the folder cannot be written. */
export async function openLog(
  folder: string,
  lowestLevel: "debug" | "info" = "info",
): Promise<() => Promise<void>> {
  mkdirSync(folder, { recursive: true });
  const file = new LogFile(join(folder, "codedeploy-agent.log"));
  await configure({
    reset: true,
    sinks: {
      file: (record) => file.write(format(record)),
      stderr: withFilter((record) => void process.stderr.write(line(record)), "warning"),
    },
    loggers: [
      { category: CATEGORY, lowestLevel, sinks: ["file", "stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
  return async () => {
    await dispose();
    file.close();
  };
}

function line(record: LogRecord): string {
  return `agent: ${record.message.map(String).join("")}\n`;
}

/** Written without a buffer: the last lines before a crash are those that matter. */
class LogFile {
  readonly #path: string;
  #file: number;
  #size: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, "a", 0o640);
    this.#size = fstatSync(this.#file).size;
  }

  write(text: string): void {
    if (this.#size > LONGEST) {
      closeSync(this.#file);
      renameSync(this.#path, `${this.#path}.1`);
      this.#file = openSync(this.#path, "a", 0o640);
      this.#size = 0;
    }
    this.#size += writeSync(this.#file, text);
  }

  close(): void {
    closeSync(this.#file);
  }
}
