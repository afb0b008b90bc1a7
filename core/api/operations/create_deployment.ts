/** CreateDeployment (spec 1.3). @module */
import { z } from "zod";
import type { Engine } from "../../engine/engine.ts";
import {
  deploymentAsked,
  DeploymentInput,
  INPUT_ERRORS,
  INPUT_FAULTS,
} from "../deployment_input.ts";
import { operation } from "../operation.ts";

export const createDeployment = (engine: Pick<Engine, "createDeployment">) =>
  operation({
    name: "CreateDeployment",
    role: "deployer",
    input: DeploymentInput,
    output: z.object({ deploymentId: z.string() }),
    errors: INPUT_ERRORS,
    faults: INPUT_FAULTS,
    run: async (input, { quotas }) => ({
      deploymentId: await engine.createDeployment(deploymentAsked(input, quotas)),
    }),
  });
