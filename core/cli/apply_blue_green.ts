/**
 * How the file of `runtime apply` says that a group deploys blue/green, and what CodeDeploy calls it.
 * Pure.
 * @module
 */
import { z } from "zod";
import type {
  BlueGreenDeploymentConfiguration,
  DeploymentStyle,
} from "../domain/deployment_group.ts";

/** As long as CodeDeploy lets both waits be. */
const Minutes = z.number().int().min(0).max(2880);

/** `false` for deployments in place. */
export const BlueGreen = z.union([
  z.literal(false),
  z.strictObject({
    /** The traffic waits so long for somebody to continue; without it, it does not wait. */
    continueWithinMinutes: Minutes.optional(),
    /** The application of blue hosts is ended after it; without it, it runs on. */
    endBlueAfterMinutes: Minutes.optional(),
  }),
], { error: "false is wanted, or a mapping of continueWithinMinutes and endBlueAfterMinutes" });
export type BlueGreen = z.infer<typeof BlueGreen>;

export function blueGreenConfiguration(
  { continueWithinMinutes: wait, endBlueAfterMinutes: end }: Exclude<BlueGreen, false>,
): BlueGreenDeploymentConfiguration {
  return {
    greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
    deploymentReadyOption: wait === undefined
      ? { actionOnTimeout: "CONTINUE_DEPLOYMENT" }
      : { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: wait },
    terminateBlueInstancesOnDeploymentSuccess: end === undefined
      ? { action: "KEEP_ALIVE" }
      : { action: "TERMINATE", terminationWaitTimeInMinutes: end },
  };
}

/** The style of a group as far as the file says it; undefined where it says nothing of it. */
export function declaredStyle(
  { blueGreen, balancers }: {
    blueGreen?: BlueGreen | undefined;
    balancers?: readonly string[] | undefined;
  },
  present: DeploymentStyle,
): DeploymentStyle | undefined {
  if (blueGreen === undefined && balancers === undefined) return undefined;
  const type = blueGreen === undefined
    ? present.deploymentType
    : blueGreen === false
    ? "IN_PLACE"
    : "BLUE_GREEN";
  // Blue/green moves traffic, whatever else the file says.
  if (blueGreen) return style(type, true);
  return balancers === undefined
    ? { ...present, deploymentType: type }
    : style(type, balancers.length > 0);
}

function style(
  deploymentType: DeploymentStyle["deploymentType"],
  isBalanced: boolean,
): DeploymentStyle {
  return {
    deploymentType,
    deploymentOption: isBalanced ? "WITH_TRAFFIC_CONTROL" : "WITHOUT_TRAFFIC_CONTROL",
  };
}
