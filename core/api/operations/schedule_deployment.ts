/**
 * ScheduleDeployment, which CodeDeploy does not have: CreateDeployment for a later time, or in spite of
 * a freeze.
 * @module
 */
import { z } from "zod";
import type { Engine } from "../../engine/engine.ts";
import { ScheduleMembers } from "../../wire/scheduling_api.ts";
import {
  deploymentAsked,
  DeploymentInput,
  INPUT_ERRORS,
  INPUT_FAULTS,
} from "../deployment_input.ts";
import { operation } from "../operation.ts";

export const scheduleDeployment = (engine: Pick<Engine, "createDeployment">) =>
  operation({
    name: "ScheduleDeployment",
    role: "deployer",
    input: DeploymentInput.extend(ScheduleMembers),
    output: z.object({ deploymentId: z.string() }),
    errors: INPUT_ERRORS,
    faults: INPUT_FAULTS,
    async run({ startAt, overrideFreeze, ...input }, { quotas }, { caller }) {
      const deploymentId = await engine.createDeployment({
        ...deploymentAsked(input, quotas),
        ...(startAt !== undefined && { startAt: Date.parse(startAt) }),
        ...(overrideFreeze && { overrideFreeze: { ...overrideFreeze, by: caller.arn } }),
      });
      return { deploymentId };
    },
  });
