/** ListDeploymentTargets: ids in the order hosts are taken. @module */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { DeploymentId } from "../../domain/name.ts";
import { TargetStatus } from "../../domain/target.ts";
import type { Engine } from "../../engine/engine.ts";
import { listTargets } from "../../store/targets.ts";
import { keyOfToken, tokenOf } from "../next_token.ts";
import { operation } from "../operation.ts";
import { startedDeployment } from "../started_deployment.ts";

const Input = z.object({
  deploymentId: DeploymentId,
  nextToken: z.string().optional(),
  targetFilters: z.record(z.string(), z.array(z.string())).default({}),
});

export const listDeploymentTargets = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "ListDeploymentTargets",
    role: "viewer",
    input: Input,
    run({ deploymentId, nextToken, targetFilters }, { store }) {
      startedDeployment(engine, deploymentId);
      const statuses = statusesOf(targetFilters);
      const after = keyOfToken(nextToken, z.number().int());
      const filter = { statuses, ...(after !== undefined && { after }) };
      const { ids, next } = listTargets(store.read, deploymentId, filter, LIMITS.page);
      return { targetIds: ids, ...(next !== undefined && { nextToken: tokenOf(next) }) };
    },
  });

function statusesOf(filters: Record<string, string[]>): TargetStatus[] {
  for (const [name, values] of Object.entries(filters)) {
    if (name === "ServerInstanceLabel" && values.length > 0) {
      throw new DomainError(
        "InvalidDeploymentInstanceTypeException",
        "targetFilters.ServerInstanceLabel",
        "targetFilters.ServerInstanceLabel: an in-place deployment has no Blue or Green targets",
      );
    }
    if (name !== "TargetStatus" && name !== "ServerInstanceLabel") {
      throw new DomainError(
        "InvalidTargetFilterNameException",
        "targetFilters",
        `targetFilters: "${name}" is not TargetStatus or ServerInstanceLabel`,
      );
    }
  }
  return (filters["TargetStatus"] ?? []).map((value) => {
    const status = TargetStatus.safeParse(value);
    if (status.success) return status.data;
    throw new DomainError(
      "InvalidInstanceStatusException",
      "targetFilters.TargetStatus",
      `targetFilters.TargetStatus: "${value}" is not one of ${TargetStatus.options.join(", ")}`,
    );
  });
}
