/** ListDeploymentTargets: ids in the order hosts are taken. @module */
import { z } from "zod";
import { DomainError, type ErrorName } from "../../domain/errors.ts";
import { DeploymentId } from "../../domain/name.ts";
import { TargetStatus } from "../../domain/target.ts";
import type { Engine } from "../../engine/engine.ts";
import { listTargets } from "../../store/targets.ts";
import { checkLabels } from "../instance_summaries.ts";
import { keyOfToken, tokenOf } from "../next_token.ts";
import { operation } from "../operation.ts";
import { TargetLabel } from "../shapes/deployment_target.ts";
import { startedDeployment } from "../started_deployment.ts";

const STATUS = "TargetStatus";
const LABEL = "ServerInstanceLabel";
const FilterName = z.enum([STATUS, LABEL]);

const Input = z.object({
  deploymentId: DeploymentId,
  nextToken: z.string().optional(),
  targetFilters: z.partialRecord(FilterName, z.array(z.string()), {
    error: (issue) =>
      "keys" in issue ? `"${String(issue.keys)}" is not ${STATUS} or ${LABEL}` : undefined,
  }).default({}),
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
    faults: { targetFilters: { malformed: "InvalidTargetFilterNameException" } },
    run({ deploymentId, nextToken, targetFilters }, { store, quotas }) {
      const deployment = startedDeployment(engine, deploymentId);
      const statuses = valuesOf(
        targetFilters,
        STATUS,
        TargetStatus,
        "InvalidInstanceStatusException",
      );
      const named = valuesOf(targetFilters, LABEL, TargetLabel, "InvalidInstanceTypeException");
      const labels = checkLabels(deployment, `targetFilters.${LABEL}`, named);
      const after = keyOfToken(nextToken, z.number().int());
      const filter = { statuses, labels, ...(after !== undefined && { after }) };
      const { ids, next } = listTargets(store.read, deploymentId, filter, quotas.page);
      return { targetIds: ids, ...(next !== undefined && { nextToken: tokenOf(next) }) };
    },
  });

type Filters = z.output<typeof Input>["targetFilters"];

/** The values of one filter; throws `refusal` for one that it cannot have. */
function valuesOf<Value extends string>(
  filters: Filters,
  name: z.output<typeof FilterName>,
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
