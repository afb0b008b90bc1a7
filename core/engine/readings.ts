/**
 * What a deployment reads of the world while it runs: its alarms, again and again, and the analysis
 * that it holds for. A reading that fails says so; it is never taken for a good one.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { Deployment } from "../domain/deployment.ts";
import type { Measurement } from "../domain/measurement.ts";
import type { AlarmReading, DeploymentView, PluginContext } from "../plugin/contract.ts";
import { type AlarmVerdict, judgeAlarms, watchedAlarms } from "../rollout/alarms.ts";
import { failedMeasurementAt, measurementAt } from "../rollout/analysis.ts";
import type { EngineContext } from "./context.ts";
import { resolveIntegration } from "./integrations.ts";
import { reasonOf } from "./reason.ts";

/** Milliseconds from one reading of the alarms to the next; AWS was seen to need up to 23 s. */
const ALARM_INTERVAL = 10_000;
/** A reading that takes longer has failed; milliseconds. */
const READING_LIMIT = 30_000;

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
    if (this.#alarms.length === 0 || now < this.#alarmsDue) return false;
    this.#alarmsDue = now + ALARM_INTERVAL / this.#context.timeLapse;
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
      return measurementAt(now(), measured);
    } catch (error) {
      return failedMeasurementAt(now(), reasonOf(error));
    }
  }

  async #alarm(name: string): Promise<AlarmReading> {
    const { store, plugins } = this.#context;
    const alarm = resolveIntegration(store.read, plugins, "alarm", name);
    if ("fault" in alarm) return { state: "UNKNOWN", reason: alarm.fault };
    try {
      return await this.#call((ctx) =>
        alarm.plugin.read({ config: alarm.config, deployment: this.#deployment, ctx })
      );
    } catch (error) {
      return { state: "UNKNOWN", reason: reasonOf(error) };
    }
  }

  async #call<Answer>(ask: (ctx: PluginContext) => Promise<Answer>): Promise<Answer> {
    const controller = new AbortController();
    const late = setTimeout(
      () => controller.abort(new Error(`it took longer than ${READING_LIMIT / 1000} seconds`)),
      READING_LIMIT,
    );
    try {
      return await ask(this.#context.pluginContext(controller.signal, () => {}));
    } finally {
      clearTimeout(late);
    }
  }
}
