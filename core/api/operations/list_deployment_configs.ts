/** ListDeploymentConfigs: the predefined ones first. @module */
import { z } from "zod";
import { listDeploymentConfigNames } from "../../store/deployment_configs.ts";
import { nameOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";

export const listDeploymentConfigs = operation({
  name: "ListDeploymentConfigs",
  role: "viewer",
  input: z.object({ nextToken: z.string().optional() }),
  output: z.object({
    deploymentConfigsList: z.array(z.string()),
    nextToken: z.string().optional(),
  }),
  errors: ["InvalidNextTokenException"],
  run(input, { store, quotas }) {
    const after = nameOfToken(input.nextToken);
    const { entries, nextToken } = page(
      (limit) => listDeploymentConfigNames(store.read, after, limit),
      (name) => name,
      quotas.page,
    );
    return { deploymentConfigsList: entries, nextToken };
  },
});
