/**
 * The parts of a deployment, one after the other, and whose hosts each is about (spec 4.1, 7). In
 * place there is one; blue/green installs on green, gives it the traffic, takes it from blue, and
 * ends blue. A rollback of that goes the other way: the traffic first.
 * @module
 */
import type { DeploymentRequest } from "../domain/deployment.ts";
import type { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { TargetLabel } from "../domain/target.ts";

export interface Stage {
  readonly name: "install" | "allow" | "block" | "end";
  /** Hosts it is about; all of them without one. */
  readonly label?: TargetLabel;
  /** A host waits for it in this status. */
  readonly from: "Pending" | "Ready";
  /** The host is Ready before this event, which belongs to a later stage. */
  readonly until?: LifecycleEventName;
  /** By the deployment's strategy, or all hosts at once, each of which must succeed. */
  readonly pace: "strategy" | "together";
  /** What is waited for before it begins. */
  readonly before?: "ready" | "termination";
}

/** The event before which a host of a label waits for its next stage. */
export const STAGE_BORDER: Readonly<Record<TargetLabel, LifecycleEventName>> = {
  Green: "BeforeAllowTraffic",
  Blue: "ApplicationStop",
};

const IN_PLACE: readonly Stage[] = [{ name: "install", from: "Pending", pace: "strategy" }];

const TO_GREEN: readonly Stage[] = [
  {
    name: "install",
    label: "Green",
    from: "Pending",
    until: STAGE_BORDER.Green,
    pace: "strategy",
  },
  { name: "allow", label: "Green", from: "Ready", pace: "strategy", before: "ready" },
];
const KEEP_BLUE: readonly Stage[] = [
  { name: "block", label: "Blue", from: "Pending", pace: "together" },
];
const END_BLUE: readonly Stage[] = [
  {
    name: "block",
    label: "Blue",
    from: "Pending",
    until: STAGE_BORDER.Blue,
    pace: "together",
  },
  { name: "end", label: "Blue", from: "Ready", pace: "together", before: "termination" },
];
const BACK_TO_BLUE: readonly Stage[] = [
  { name: "allow", label: "Blue", from: "Pending", pace: "together" },
  { name: "block", label: "Green", from: "Pending", pace: "together" },
];

/** The stages of what was asked for. */
export function stagesOf(
  request: Pick<DeploymentRequest, "style" | "rollbackOf" | "blueGreen">,
): readonly Stage[] {
  const { style, rollbackOf } = request;
  if (style.deploymentType !== "BLUE_GREEN") return IN_PLACE;
  if (rollbackOf !== undefined) return BACK_TO_BLUE;
  return [...TO_GREEN, ...(endsBlue(request) ? END_BLUE : KEEP_BLUE)];
}

/** Whether the original hosts are ended after the deployment; they are kept unless it says so. */
export function endsBlue({ blueGreen }: Pick<DeploymentRequest, "blueGreen">): boolean {
  return blueGreen?.terminateBlueInstancesOnDeploymentSuccess?.action === "TERMINATE";
}
