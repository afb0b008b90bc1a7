/** Alarms, which say whether something is wrong, and analyses, which measure it. @module */
import type { z } from "zod";
import type { DeploymentView, PluginContext } from "./context.ts";

export interface ReadCall<Config> {
  readonly config: Config;
  readonly deployment: DeploymentView;
  readonly ctx: PluginContext;
}

/** One value of a metric and where it comes from, for whoever asks why. */
export interface Measurement {
  /** NaN or undefined: there is none. */
  readonly value: number | undefined;
  /** What was asked and what came back, one line. */
  readonly evidence: string;
}

export interface AlarmReading {
  /** UNKNOWN: it cannot be told; the deployment's `ignorePollAlarmFailure` decides. */
  readonly state: "OK" | "ALARM" | "UNKNOWN";
  /** One line: what was read, and the limit. */
  readonly reason: string;
}

/** A plugin that throws has read nothing: the alarm is UNKNOWN, with the error for its reason. */
export interface Alarm<Config extends z.ZodType = z.ZodType> {
  readonly kind: "alarm";
  readonly name: string;
  readonly description: string;
  readonly config: Config;
  read(call: ReadCall<z.output<Config>>): Promise<AlarmReading>;
}

/** Declares an alarm; the default export of its file. */
export function defineAlarm<Config extends z.ZodType>(
  alarm: Omit<Alarm<Config>, "kind">,
): Alarm<Config> {
  return { kind: "alarm", ...alarm };
}

/** A plugin that throws has measured nothing: the measurement is inconclusive. */
export interface Analysis<Config extends z.ZodType = z.ZodType> {
  readonly kind: "analysis";
  readonly name: string;
  readonly description: string;
  readonly config: Config;
  measure(call: ReadCall<z.output<Config>>): Promise<Measurement>;
}

/** Declares an analysis; the default export of its file. */
export function defineAnalysis<Config extends z.ZodType>(
  analysis: Omit<Analysis<Config>, "kind">,
): Analysis<Config> {
  return { kind: "analysis", ...analysis };
}
