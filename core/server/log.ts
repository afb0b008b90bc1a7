/** The server's log: lines for a person on stderr, which a supervisor keeps. @module */
import process from "node:process";
import { configure, getTextFormatter } from "@logtape/logtape";

const format = getTextFormatter({
  timestamp: "rfc3339",
  value: (value) => value instanceof Error ? value.stack ?? value.message : String(value),
});

export async function openLog(): Promise<void> {
  await configure({
    reset: true,
    sinks: { stderr: (record) => void process.stderr.write(format(record)) },
    loggers: [
      { category: "runtime", lowestLevel: "info", sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}
