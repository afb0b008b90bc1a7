/**
 * A failure as a person reads it: what happened, what shows it, how things stand now, and what to
 * type next. Verbs throw it; the program prints it and exits with its code.
 * @module
 */
import { EXIT } from "./exit.ts";

export interface FailureReport {
  exitCode: number;
  cause: string;
  evidence: readonly string[];
  state: string;
  next: readonly string[];
}

export class Failure extends Error {
  override readonly name = "Failure";
  readonly report: FailureReport;
  constructor(report: FailureReport, options?: ErrorOptions) {
    super(report.cause, options);
    this.report = report;
  }
}

/** The command was not understood or misses something; nothing was done. */
export function usageFailure(cause: string, evidence: string[], next: string[]): Failure {
  return new Failure({ exitCode: EXIT.usage, cause, evidence, state: "nothing was done", next });
}

/** The four parts, one a line; further evidence and commands stand below their first. */
export function renderReport(report: Omit<FailureReport, "exitCode">): string {
  const lines = [report.cause];
  const part = (label: string, texts: readonly string[]) => {
    texts.forEach((text, index) => lines.push(`  ${(index ? "" : label).padEnd(8)}  ${text}`));
  };
  part("evidence", report.evidence);
  part("state", [report.state]);
  part("next", report.next);
  return lines.join("\n") + "\n";
}
