/**
 * What a deployment's config promises of its fleet, counted anew from the user guide's words, apart
 * from the arithmetic that strategies share.
 * @module
 */
import { strategyOf } from "../../core/domain/deployment_config.ts";
import type { DeploymentSeen, TargetSeen } from "./ledger.ts";

interface Minimum {
  type: "HOST_COUNT" | "FLEET_PERCENT" | "MOST_CONCURRENCY";
  value: number;
}

interface Config {
  minimumHealthyHosts?: Minimum;
  minimumHealthyHostsPerZone?: Minimum;
  predefined?: boolean;
  steps?: Record<string, unknown>[];
}

/** What is wrong with how many hosts of a deployment in place are down at once, if anything is. */
export function minimumFault(deployment: DeploymentSeen): string | undefined {
  const { name, config } = strategyOf(deployment.request.config);
  // because: the history itself has drawn the config, for this strategy.
  const drawn = config as Config;
  const all = [...deployment.targets.values()];
  switch (name) {
    case "every-host":
      return oneAtLeast(all, drawn.minimumHealthyHosts ?? { type: "FLEET_PERCENT", value: 50 });
    case "minimum-healthy-hosts": {
      const alone = all.length === 1 && drawn.predefined;
      return alone ? undefined : kept(all, drawn.minimumHealthyHosts, deployment);
    }
    case "zonal":
      return kept(all, drawn.minimumHealthyHosts, deployment) ??
        eachZone(all, drawn.minimumHealthyHostsPerZone, deployment);
    case "canary":
      return kept(all, drawn.minimumHealthyHosts, deployment) ??
        planned(all, drawn.steps ?? [], deployment);
    default:
      return undefined;
  }
}

function required(size: number, { type, value }: Minimum): number {
  if (type === "HOST_COUNT") return value;
  return type === "FLEET_PERCENT" ? Math.ceil(size * value / 100) : Math.max(size - value, 0);
}

function kept(
  hosts: readonly TargetSeen[],
  minimum: Minimum | undefined,
  { healthy }: DeploymentSeen,
): string | undefined {
  if (!minimum) return undefined;
  const must = required(hosts.length, minimum);
  const wasHealthy = hosts.filter(({ row }) => healthy.has(row.target_id)).length;
  const isHealthy = hosts.filter((host) => serves(host, healthy)).length;
  if (isHealthy < Math.min(must, wasHealthy)) {
    return `${isHealthy} of ${hosts.length} hosts are healthy, ${must} must be, ${wasHealthy} were`;
  }
  const down = hosts.filter(({ row }) => row.status === "InProgress" || row.status === "Failed");
  const most = Math.max(hosts.length - must, 0);
  return down.length > most ? `${down.length} hosts are down, ${most} may be` : undefined;
}

/** Whether a host counts as healthy: it has the revision, or was healthy and is left alone. */
export function serves({ row }: TargetSeen, healthy: ReadonlySet<string>): boolean {
  if (row.status === "Succeeded") return true;
  const isUntouched = row.status === "Pending" || row.status === "Skipped";
  return isUntouched && healthy.has(row.target_id);
}

/** A way back takes one host at a time, even where the minimum has no room for it. */
function oneAtLeast(hosts: readonly TargetSeen[], minimum: Minimum): string | undefined {
  const running = hosts.filter(({ row }) => row.status === "InProgress").length;
  const most = Math.max(hosts.length - required(hosts.length, minimum), 1);
  return running > most ? `${running} hosts are under way, ${most} may be` : undefined;
}

function eachZone(
  hosts: readonly TargetSeen[],
  minimum: Minimum | undefined,
  deployment: DeploymentSeen,
): string | undefined {
  for (const zone of new Set(hosts.map(({ row }) => row.zone))) {
    const fault = kept(hosts.filter(({ row }) => row.zone === zone), minimum, deployment);
    if (fault !== undefined) return `in zone ${zone}: ${fault}`;
  }
}

/** No step of a plan is begun before the hold in front of it is over. */
function planned(
  hosts: readonly TargetSeen[],
  steps: readonly Record<string, unknown>[],
  { progress, request: { rollbackOf } }: DeploymentSeen,
): string | undefined {
  if (rollbackOf !== undefined) return undefined;
  const passed = new Set(progress?.passed);
  let most = 0;
  for (const [index, { hosts: share }] of steps.entries()) {
    const isPassed = [...passed].some((key) => key.startsWith(`${index + 1} `));
    if (share === undefined && !isPassed) {
      const begun = hosts.filter(({ row }) =>
        !["Pending", "Skipped", "Ready"].includes(row.status)
      );
      return begun.length > most ? `${begun.length} hosts have begun, ${most} may have` : undefined;
    }
    if (share !== undefined) most = Math.max(most, upTo(share, hosts.length));
  }
}

/** Never less than the strategy takes; hosts that are current make it take fewer. */
function upTo(share: unknown, size: number): number {
  return typeof share === "number" ? share : Math.ceil(size * parseInt(String(share)) / 100);
}
