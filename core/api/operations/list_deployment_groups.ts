/** ListDeploymentGroups, in the order of names. @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { listDeploymentGroupNames } from "../../store/deployment_groups.ts";
import { nameOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";

export const listDeploymentGroups = operation({
  name: "ListDeploymentGroups",
  role: "viewer",
  input: z.object({ applicationName: Name, nextToken: z.string().optional() }),
  output: z.object({
    applicationName: z.string(),
    deploymentGroups: z.array(z.string()),
    nextToken: z.string().optional(),
  }),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidNextTokenException",
  ],
  run(input, { store, quotas }) {
    const { applicationName } = input;
    const { id } = applicationNamed(store.read, applicationName);
    const after = nameOfToken(input.nextToken);
    const { entries, nextToken } = page(
      (limit) => listDeploymentGroupNames(store.read, id, after, limit),
      (name) => name,
      quotas.page,
    );
    return { applicationName, deploymentGroups: entries, nextToken };
  },
});
