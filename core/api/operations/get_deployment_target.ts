/** GetDeploymentTarget. @module */
import { z } from "zod";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { operation } from "../operation.ts";
import { readTargets } from "../read_targets.ts";

const Input = z.object({ deploymentId: DeploymentId, targetId: z.string().min(1) });

export const getDeploymentTarget = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "GetDeploymentTarget",
    role: "viewer",
    input: Input,
    run({ deploymentId, targetId }, context) {
      const [deploymentTarget] = readTargets(engine, deploymentId, [targetId], context);
      return { deploymentTarget };
    },
  });
