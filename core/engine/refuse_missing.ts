/**
 * Balancers and alarms that a deployment needs and that nobody has set up are refused when it is
 * created, before any host is touched. What goes missing later fails or stops the deployment.
 * @module
 */
import type { DeploymentRequest } from "../domain/deployment.ts";
import type { GroupSettings } from "../domain/deployment_group.ts";
import { DomainError } from "../domain/errors.ts";
import type { Registry } from "../plugin/registry.ts";
import { watchedAlarms } from "../rollout/alarms.ts";
import type { Db } from "../store/database.ts";
import { balancersOf, hasTraffic, NO_BALANCER } from "./host_traffic.ts";
import { resolveIntegration } from "./integrations.ts";

/** Throws InvalidLoadBalancerInfo or InvalidAlarmConfig. */
export function refuseMissing(
  db: Db,
  plugins: Registry,
  settings: Pick<GroupSettings, "deploymentStyle" | "loadBalancerInfo">,
  alarms: DeploymentRequest["alarms"],
): void {
  if (settings.deploymentStyle && hasTraffic(settings.deploymentStyle)) {
    const { found, fault } = balancersOf(settings.loadBalancerInfo, db, plugins);
    if (fault !== undefined || found.length === 0) {
      throw new DomainError(
        "InvalidLoadBalancerInfoException",
        "deploymentGroupName",
        fault ?? NO_BALANCER,
      );
    }
  }
  if (!alarms || alarms.ignorePollAlarmFailure) return;
  for (const name of watchedAlarms({ alarms })) {
    const alarm = resolveIntegration(db, plugins, "alarm", name);
    if (!("fault" in alarm)) continue;
    throw new DomainError(
      "InvalidAlarmConfigException",
      "alarmConfiguration",
      `alarmConfiguration: ${alarm.fault}. Or set ignorePollAlarmFailure to deploy without it.`,
    );
  }
}
