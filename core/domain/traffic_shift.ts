/**
 * Traffic that moves step by step needs an Application Load Balancer: a Network Load Balancer knows
 * no weights (CodeDeploy user guide, "Deployment configurations on an Amazon ECS compute platform").
 * @module
 */
import type { DeploymentConfig } from "./deployment_config.ts";
import type { LoadBalancerInfo } from "./deployment_group.ts";
import { DomainError } from "./errors.ts";

/** `…:listener/net/NAME/ID/ID`; one of an Application Load Balancer has `app`. */
const NETWORK_LISTENER = /:listener\/net\//;

/** Throws InvalidTrafficRoutingConfiguration, in words that clients match on (spec 1.2). */
export function refuseGradualShift(
  { trafficRoutingConfig }: DeploymentConfig,
  balancers: LoadBalancerInfo | undefined,
): void {
  if (trafficRoutingConfig === undefined || trafficRoutingConfig.type === "AllAtOnce") return;
  const listeners = (balancers?.targetGroupPairInfoList ?? []).flatMap((pair) => [
    ...pair.prodTrafficRoute?.listenerArns ?? [],
    ...pair.testTrafficRoute?.listenerArns ?? [],
  ]);
  if (!listeners.some((arn) => NETWORK_LISTENER.test(arn))) return;
  throw new DomainError(
    "InvalidTrafficRoutingConfigurationException",
    "deploymentConfigName",
    "Only ALB supports gradual traffic routing, use AllAtOnce Traffic routing instead when you " +
      "create/update Deployment group.",
  );
}
