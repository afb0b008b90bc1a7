/** What black-box tests ask of a deployment, through the public API. @module */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Fleet, type Host, until } from "./fleet.ts";

export const IN_PLACE = [
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
];

const Time = z.union([z.number(), z.string()]);

const Info = z.object({
  deploymentInfo: z.object({
    status: z.string(),
    creator: z.string(),
    createTime: Time,
    deploymentOverview: z.record(z.string(), z.number()),
    errorInformation: z.object({ code: z.string(), message: z.string() }).optional(),
    rollbackInfo: z.object({
      rollbackDeploymentId: z.string().optional(),
      rollbackTriggeringDeploymentId: z.string().optional(),
    }).optional(),
  }),
});

const Targets = z.object({
  deploymentTargets: z.array(z.object({
    deploymentTargetType: z.literal("InstanceTarget"),
    instanceTarget: z.object({
      targetId: z.string(),
      status: z.string(),
      lifecycleEvents: z.array(z.object({
        lifecycleEventName: z.string(),
        status: z.string(),
        startTime: Time.optional(),
        endTime: Time.optional(),
        diagnostics: z.object({ errorCode: z.string(), message: z.string() }).optional(),
      })),
    }),
  })),
});

/** The answer of GetDeployment, whoever asked. */
export function infoIn(answer: unknown) {
  return Info.parse(answer).deploymentInfo;
}

/** The answer of BatchGetDeploymentTargets, whoever asked. */
export function targetsIn(answer: unknown) {
  return Targets.parse(answer).deploymentTargets.map((target) => target.instanceTarget);
}

export async function deploy(fleet: Fleet, bundle: string, ...flags: string[]) {
  const argv = ["deploy", "--app", "shop", "--group", "production", bundle, ...flags];
  return await fleet.runtime(...argv);
}

/** Creates a deployment and does not wait for it. */
export async function begin(fleet: Fleet, bundle: string, ...flags: string[]): Promise<string> {
  const ran = await deploy(fleet, bundle, "--no-wait", "--json", ...flags);
  assert.equal(ran.code, 0, ran.stderr);
  return z.object({ deploymentId: z.string() }).parse(JSON.parse(ran.stdout)).deploymentId;
}

export async function infoOf(fleet: Fleet, id: string) {
  return infoIn(await fleet.api("GetDeployment", { deploymentId: id }));
}

export async function targetsOf(fleet: Fleet, id: string, ...names: string[]) {
  const input = { deploymentId: id, targetIds: names };
  return targetsIn(await fleet.api("BatchGetDeploymentTargets", input));
}

export async function ended(fleet: Fleet, id: string, seconds = 60) {
  return await until(`the end of ${id}`, async () => {
    const info = await infoOf(fleet, id);
    return ["Succeeded", "Failed", "Stopped"].includes(info.status) && info;
  }, seconds);
}

/** The lines that hooks left on a host, `EVENT VERSION` each. */
export function trace(host: Host): string[] {
  return readFileSync(join(host.installRoot, "trace"), "utf8").trim().split("\n");
}

export function installed(host: Host): string {
  return readFileSync(join(host.installRoot, "srv/app/version.txt"), "utf8");
}

/** How often each event was started on a host for a deployment, by its journal. */
export function starts(fleet: Fleet, host: Host, id: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of fleet.journal(host)) {
    if (line.kind !== "event" || line.what !== "started" || line.deploymentId !== id) continue;
    counts[line.event ?? ""] = (counts[line.event ?? ""] ?? 0) + 1;
  }
  return counts;
}

export function once(events: readonly string[]): Record<string, number> {
  return Object.fromEntries(events.map((event) => [event, 1]));
}
