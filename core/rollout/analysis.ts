/**
 * Whether an analysis goes on, has passed or has failed.
 *
 * Measurements are judged in the order they were taken until enough of them had a value, or too many
 * failed or had none; what comes behind that end changes nothing. The first is due one interval after
 * the analysis began, so that a query over the last interval sees only what was there since; each
 * other one an interval after the one before. Pure: times are in milliseconds since the epoch.
 * @module
 */
import { beyondText, boundsFault, isWithin } from "../domain/bounds.ts";
import type { Cause } from "../domain/cause.ts";
import type { Measurement } from "../domain/measurement.ts";
import type { AnalysisRules, Measurement as MeasuredValue } from "../plugin/contract.ts";

/** `inconclusive`: there is no number. It never counts as passed and is taken again. */
export type Verdict = "passed" | "failed" | "inconclusive";

export type AnalysisStep =
  /** The next measurement is due at this time, or has been since. */
  | { kind: "measure"; at: number }
  | { kind: "passed" }
  /** The text with its numbers, and the measurements that led to it, latest first. */
  | { kind: "failed"; text: string; because: Cause[] };

export interface AnalysisCourse {
  readonly rules: AnalysisRules;
  /** When the analysis began. */
  readonly since: number;
  /** In the order they were taken. */
  readonly measurements: readonly Measurement[];
}

/** Measurements that a failure names; more would say nothing new. */
const CAUSES_MAX = 5;
/**
 * Measurements that an analysis may take, with a value and without one: all of them are written down
 * again with each.
 */
const MEASUREMENTS_MAX = 1_000;
/** Letters of an evidence that are kept. */
const EVIDENCE_MAX = 1_000;

/** The verdict of each measurement, and what comes next. Rules that cannot be kept have failed. */
export function judgeAnalysis(
  { rules, since, measurements }: AnalysisCourse,
  now: number,
): { verdicts: Verdict[]; next: AnalysisStep } {
  const verdicts = measurements.map((measurement) => verdictOf(rules, measurement));
  const fault = rulesFault(rules);
  if (fault !== undefined) {
    const text = `the analysis ${rules.name} cannot be judged: ${fault}`;
    return { verdicts, next: { kind: "failed", text, because: [] } };
  }
  const counts = { passed: 0, failed: 0, inconclusive: 0 };
  for (const [index, verdict] of verdicts.entries()) {
    counts[verdict]++;
    const { passed, failed, inconclusive } = counts;
    const taken = () => measurements.slice(0, index + 1);
    if (failed > rules.failureLimit) return { verdicts, next: tooManyFailed(rules, taken()) };
    if (inconclusive > rules.inconclusiveLimit) {
      return { verdicts, next: tooManyInconclusive(rules, taken()) };
    }
    if (passed + failed >= rules.count) return { verdicts, next: { kind: "passed" } };
  }
  const due = (measurements.at(-1)?.at ?? since) + rules.interval;
  // Were the clock set back, the next measurement would wait for as long as that.
  return { verdicts, next: { kind: "measure", at: Math.min(due, now + rules.interval) } };
}

/** What an analysis measured, as it is kept. */
export function measurementAt(at: number, { value, evidence }: MeasuredValue): Measurement {
  const kept = beginningOf(evidence);
  if (value === undefined) return { at, evidence: kept };
  // JSON has neither NaN nor Infinity, so the evidence tells of them.
  if (!Number.isFinite(value)) return { at, evidence: `${kept} (${value})` };
  return { at, value, evidence: kept };
}

/** A measurement that broke off; its error is the evidence. */
export function failedMeasurementAt(at: number, error: string): Measurement {
  return { at, evidence: `error: ${beginningOf(error)}` };
}

function beginningOf(evidence: string): string {
  return evidence.length > EVIDENCE_MAX ? `${evidence.slice(0, EVIDENCE_MAX)}…` : evidence;
}

/** What is wrong with rules by which nothing could be judged, or by which everything would pass. */
export function rulesFault(rules: AnalysisRules): string | undefined {
  const { count, interval, failureLimit, inconclusiveLimit } = rules;
  const whole = (value: number) => Number.isInteger(value) && value >= 0;
  if (!whole(count) || count === 0) return `count is ${count}, must be a whole number from 1`;
  if (count > MEASUREMENTS_MAX) return `count is ${count}, may be ${MEASUREMENTS_MAX} at most`;
  if (!Number.isFinite(interval) || interval < 0) return `interval is ${interval} ms`;
  const fault = boundsFault(rules);
  if (fault !== undefined) return fault;
  if (!whole(failureLimit) || failureLimit >= count) {
    return `failureLimit is ${failureLimit}, must be a whole number below count, which is ${count}`;
  }
  if (!whole(inconclusiveLimit)) {
    return `inconclusiveLimit is ${inconclusiveLimit}, must be a whole number from 0`;
  }
  if (inconclusiveLimit > MEASUREMENTS_MAX) {
    return `inconclusiveLimit is ${inconclusiveLimit}, may be ${MEASUREMENTS_MAX} at most`;
  }
}

function verdictOf(rules: AnalysisRules, { value }: Measurement): Verdict {
  if (value === undefined || !Number.isFinite(value)) return "inconclusive";
  return isWithin(rules, value) ? "passed" : "failed";
}

function tooManyFailed(rules: AnalysisRules, taken: readonly Measurement[]): AnalysisStep {
  const failed = taken.filter((one) => verdictOf(rules, one) === "failed").reverse();
  const [last] = failed;
  const limit = rules.failureLimit;
  const text = `${rules.name} was ${last && told(rules, last)}: ` +
    `${failed.length} of ${measurements(taken.length)} failed, ${borne(limit)}`;
  return { kind: "failed", text, because: causes(rules, failed) };
}

function tooManyInconclusive(rules: AnalysisRules, taken: readonly Measurement[]): AnalysisStep {
  const without = taken.filter((one) => verdictOf(rules, one) === "inconclusive").reverse();
  const text = `${rules.name} had no value: ${without.length} of ${measurements(taken.length)} ` +
    `gave none, ${borne(rules.inconclusiveLimit)}; the last one: ${without[0]?.evidence}`;
  return { kind: "failed", text, because: causes(rules, without) };
}

function measurements(count: number): string {
  return count === 1 ? "1 measurement" : `${count} measurements`;
}

function borne(limit: number): string {
  return limit === 1 ? "1 is borne" : `${limit} are borne`;
}

function causes(rules: AnalysisRules, those: readonly Measurement[]): Cause[] {
  return those.slice(0, CAUSES_MAX).map((measurement) => ({
    kind: "measurement",
    text: `${new Date(measurement.at).toISOString()}: ${told(rules, measurement)}`,
    evidence: [measurement.evidence],
  }));
}

function told(rules: AnalysisRules, { value }: Measurement): string {
  return value === undefined || !Number.isFinite(value) ? "no value" : beyondText(rules, value);
}
