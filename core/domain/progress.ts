/**
 * How far a rollout has come, beside its targets: what has to survive a restart so that no wait
 * begins anew and no hold that is over is asked for again. Times in milliseconds since the epoch.
 * @module
 */
import type { Hold } from "./hold.ts";
import type { Measurement } from "./measurement.ts";

export interface Progress {
  /** Which part of a blue/green deployment is under way; 0 for the one part of any other. */
  stage: number;
  /** Keys of the holds that are over. */
  passed: readonly string[];
  hold?: HoldUnderWay;
  paused?: { at: number; by: string; message?: string };
  /** Somebody promoted the deployment to its end: no further hold is waited for. */
  promoted?: { at: number; by: string };
  /** Since when the deployment is Ready, waiting to be continued. */
  readySince?: number;
  /** ContinueDeployment came for that wait. */
  continuedAt?: number;
  /** Alarms and balancers were found in order, before the first host. */
  checkedAt?: number;
}

export interface HoldUnderWay {
  key: string;
  hold: Hold;
  since: number;
  measurements: readonly Measurement[];
}

/** What people call a hold. */
export function holdName({ key, hold }: Pick<HoldUnderWay, "key" | "hold">): string {
  return hold.kind === "approval" ? hold.name ?? key : key;
}

export const AT_THE_START: Progress = { stage: 0, passed: [] };
