/** ListDeploymentTargets: ids in the order hosts are taken. @module */
import { z } from "zod";
import { DomainError, type ErrorName } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { DeploymentId } from "../../domain/name.ts";
import { TargetStatus } from "../../domain/target.ts";
import type { Engine } from "../../engine/engine.ts";
import { listTargets } from "../../store/targets.ts";
import { keyOfToken, tokenOf } from "../next_token.ts";
import { operation } from "../operation.ts";
import { startedDeployment } from "../started_deployment.ts";

const STATUS = "TargetStatus";
const LABEL = "ServerInstanceLabel";
const TargetLabel = z.enum(["Blue", "Green"]);

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
    output: z.object({ targetIds: z.array(z.string()), nextToken: z.string().optional() }),
    errors: [
      "ApplicationDoesNotExistException",
      "DeploymentDoesNotExistException",
      "DeploymentGroupDoesNotExistException",
      "DeploymentIdRequiredException",
      "DeploymentNotStartedException",
      "InvalidDeploymentIdException",
      "InvalidDeploymentInstanceTypeException",
      "InvalidInstanceStatusException",
      "InvalidInstanceTypeException",
      "InvalidNextTokenException",
      "InvalidTargetFilterNameException",
    ],
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
  const unknown = Object.keys(filters).find((name) => name !== STATUS && name !== LABEL);
  if (unknown !== undefined) {
    throw new DomainError(
      "InvalidTargetFilterNameException",
      "targetFilters",
      `targetFilters: "${unknown}" is not ${STATUS} or ${LABEL}`,
    );
  }
  const [label] = valuesOf(filters, LABEL, TargetLabel, "InvalidInstanceTypeException");
  if (label !== undefined) {
    throw new DomainError(
      "InvalidDeploymentInstanceTypeException",
      `targetFilters.${LABEL}`,
      `targetFilters.${LABEL}: an in-place deployment has no Blue or Green targets`,
    );
  }
  return valuesOf(filters, STATUS, TargetStatus, "InvalidInstanceStatusException");
}

/** The values of one filter; throws `refusal` for one that it cannot have. */
function valuesOf<Value extends string>(
  filters: Record<string, string[]>,
  name: string,
  known: { readonly options: readonly Value[] },
  refusal: ErrorName,
): Value[] {
  return (filters[name] ?? []).map((value) => {
    const found = known.options.find((option) => option === value);
    if (found !== undefined) return found;
    const options = known.options.join(", ");
    const message = `targetFilters.${name}: "${value}" is not one of ${options}`;
    throw new DomainError(refusal, `targetFilters.${name}`, message);
  });
}
