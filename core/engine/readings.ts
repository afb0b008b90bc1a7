/**
 * What a deployment reads of the world while it runs: its alarms, again and again, and the analysis
 * that it holds for. A reading that fails says so; it is never taken for a good one.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import { z } from "zod";
import type { Deployment } from "../domain/deployment.ts";
import type { Measurement } from "../domain/measurement.ts";
import type { AlarmReading, DeploymentView, PluginContext } from "../plugin/contract.ts";
import { type AlarmVerdict, judgeAlarms, watchedAlarms } from "../rollout/alarms.ts";
import { failedMeasurementAt, measurementAt } from "../rollout/analysis.ts";
import type { EngineContext } from "./context.ts";
import { resolveIntegration } from "./integrations.ts";
import { orAborted } from "./or_aborted.ts";
import { reasonOf } from "./reason.ts";

/** Milliseconds from one reading of the alarms to the next; AWS was seen to need up to 23 s. */
const ALARM_INTERVAL = 10_000;
/** A reading that takes longer has failed; milliseconds. */
const READING_LIMIT = 30_000;

/** As much of a wrong answer as a reason has room for. */
const SHOWN = 200;

/** The file of a plugin may be anybody's: what is no reading must not pass for a good one. */
const Reading = z.object({ state: z.enum(["OK", "ALARM", "UNKNOWN"]), reason: z.string() });
/** NaN and the infinite are numbers, too, if none that could pass. */
const Measured = z.object({
  value: z.custom<number>((value) => typeof value === "number").optional(),
  evidence: z.string(),
});

export class Readings {
  readonly #context: EngineContext;
  readonly #request: Deployment["request"];
  readonly #deployment: DeploymentView;
  readonly #alarms: readonly string[];
  #alarmsDue = 0;

  constructor(
    context: EngineContext,
    request: Deployment["request"],
    deployment: DeploymentView,
  ) {
    this.#context = context;
    this.#request = request;
    this.#deployment = deployment;
    this.#alarms = watchedAlarms(request);
  }

  /** Whether there are alarms whose time has come; it is then another's turn only later. */
  takeTurn(): boolean {
    const now = this.#context.now();
    const interval = ALARM_INTERVAL / this.#context.timeLapse;
    const left = this.#alarmsDue - now;
    // More than an interval is left when the clock was set back: it is not waited for that long.
    if (this.#alarms.length === 0 || (left > 0 && left <= interval)) return false;
    this.#alarmsDue = now + interval;
    return true;
  }

  async alarms(): Promise<AlarmVerdict> {
    const readings = await Promise.all(
      this.#alarms.map(async (name) => [name, await this.#alarm(name)] as const),
    );
    return judgeAlarms(this.#request, new Map(readings));
  }

  async measure(name: string): Promise<Measurement> {
    const { store, plugins, now } = this.#context;
    const analysis = resolveIntegration(store.read, plugins, "analysis", name);
    if ("fault" in analysis) return failedMeasurementAt(now(), analysis.fault);
    try {
      const measured = await this.#call((ctx) =>
        analysis.plugin.measure({ config: analysis.config, deployment: this.#deployment, ctx })
      );
      const { success, data } = Measured.safeParse(measured);
      if (!success) return failedMeasurementAt(now(), noAnswer(analysis.plugin, measured));
      return measurementAt(now(), { value: data.value, evidence: data.evidence });
    } catch (error) {
      return failedMeasurementAt(now(), reasonOf(error));
    }
  }

  async #alarm(name: string): Promise<AlarmReading> {
    const { store, plugins } = this.#context;
    const alarm = resolveIntegration(store.read, plugins, "alarm", name);
    if ("fault" in alarm) return { state: "UNKNOWN", reason: alarm.fault };
    try {
      const read = await this.#call((ctx) =>
        alarm.plugin.read({ config: alarm.config, deployment: this.#deployment, ctx })
      );
      const reading = Reading.safeParse(read);
      if (reading.success) return reading.data;
      return { state: "UNKNOWN", reason: noAnswer(alarm.plugin, read) };
    } catch (error) {
      return { state: "UNKNOWN", reason: reasonOf(error) };
    }
  }

  async #call<Answer>(ask: (ctx: PluginContext) => Promise<Answer>): Promise<Answer> {
    const { clocks, pluginContext } = this.#context;
    const limit = Math.min(READING_LIMIT, clocks.notFinished);
    const controller = new AbortController();
    const { signal } = controller;
    const late = setTimeout(
      () => controller.abort(new Error(`it took longer than ${limit / 1000} seconds`)),
      limit,
    );
    try {
      return await orAborted(ask(pluginContext(signal, () => {})), signal, () => signal.reason);
    } finally {
      clearTimeout(late);
    }
  }
}

function noAnswer({ name }: { name: string }, given: unknown): string {
  return `the plugin ${name} answered ${(JSON.stringify(given) ?? "nothing").slice(0, SHOWN)}`;
}
