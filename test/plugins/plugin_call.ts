/** Calls of alarms and analyses as a server makes them: a checked config, a real context. @module */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type {
  Alarm,
  AlarmReading,
  Analysis,
  DeploymentView,
  Measurement,
} from "../../core/plugin/contract.ts";
import { createPluginContext } from "../../core/plugin/plugin_context.ts";

export const DEPLOYMENT: DeploymentView = { id: "d-SHOP00001", application: "shop", group: "web" };

/** Throws for a config that the plugin refuses. */
export function read(
  alarm: Alarm,
  config: unknown,
  secrets: Record<string, string> = {},
): Promise<AlarmReading> {
  return withSecrets(secrets, (folder) => alarm.read(call(alarm.config.parse(config), folder)));
}

/** Throws for a config that the plugin refuses. */
export function measure(
  analysis: Analysis,
  config: unknown,
  secrets: Record<string, string> = {},
): Promise<Measurement> {
  return withSecrets(
    secrets,
    (folder) => analysis.measure(call(analysis.config.parse(config), folder)),
  );
}

/** What is wrong with a config, in the plugin's words; undefined where nothing is. */
export function configFault({ config: schema }: Alarm | Analysis, config: unknown) {
  return schema.safeParse(config).error?.issues.map(({ message }) => message).join("; ");
}

/** Answers once it is so, asked again and again for ten seconds at most. */
export async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + 10_000;
  while (true) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`it stays ${JSON.stringify(answer)}`);
    await setTimeout(30);
  }
}

function call(config: unknown, secretsFolder: string) {
  const ctx = createPluginContext({
    signal: new AbortController().signal,
    now: Date.now,
    log() {},
    secretsFolder,
    timeLapse: 1,
  });
  return { config, deployment: DEPLOYMENT, ctx };
}

async function withSecrets<T>(
  secrets: Record<string, string>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "secrets-"));
  try {
    for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), value);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
