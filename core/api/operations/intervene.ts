/**
 * PauseDeployment, ResumeDeployment, PromoteDeployment, ApproveDeployment, RejectDeployment and
 * AbortDeployment, which CodeDeploy does not have: what people do to a deployment under way.
 * @module
 */
import { z } from "zod";
import type { ErrorName } from "../../domain/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Intervention } from "../../engine/intervene.ts";
import {
  AbortDeploymentInput,
  ApproveDeploymentInput,
  PauseDeploymentInput,
  PromoteDeploymentInput,
  RejectDeploymentInput,
  ResumeDeploymentInput,
} from "../../wire/intervention_api.ts";
import { type Operation, operation } from "../operation.ts";

const ERRORS: readonly ErrorName[] = [
  "DeploymentAlreadyCompletedException",
  "DeploymentDoesNotExistException",
  "DeploymentIdRequiredException",
  "DeploymentNotStartedException",
  "InvalidDeploymentIdException",
  "InvalidDeploymentStatusException",
];

export function interventions(engine: Pick<Engine, "intervene">): Operation[] {
  const said = (kind: "pause" | "reject" | "abort", message: string | undefined): Intervention => ({
    kind,
    ...(message !== undefined && { message }),
  });
  const intervention = <Schema extends z.ZodObject<{ deploymentId: z.ZodString }>>(
    name: string,
    input: Schema,
    wish: (input: z.output<Schema>) => Intervention,
  ) =>
    operation({
      name,
      input,
      role: "deployer",
      output: z.object({}),
      errors: "message" in input.shape ? [...ERRORS, "InvalidInputException"] : ERRORS,
      run: (asked, _context, { caller }) =>
        engine.intervene(asked.deploymentId, wish(asked), caller.arn),
    });
  return [
    intervention("AbortDeployment", AbortDeploymentInput, ({ message }) => said("abort", message)),
    intervention("ApproveDeployment", ApproveDeploymentInput, () => ({ kind: "approve" })),
    intervention("PauseDeployment", PauseDeploymentInput, ({ message }) => said("pause", message)),
    intervention("PromoteDeployment", PromoteDeploymentInput, ({ whole }) => ({
      kind: "promote",
      whole,
    })),
    intervention(
      "RejectDeployment",
      RejectDeploymentInput,
      ({ message }) => said("reject", message),
    ),
    intervention("ResumeDeployment", ResumeDeploymentInput, () => ({ kind: "resume" })),
  ];
}
