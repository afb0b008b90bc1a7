/** ListDeployments: newest first; application and group both or neither (trap 38). @module */
import { z } from "zod";
import { DeploymentStatus } from "../../domain/deployment.ts";
import { DomainError } from "../../domain/errors.ts";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import type { Db } from "../../store/database.ts";
import { deploymentGroupNamed } from "../../store/deployment_groups.ts";
import { listDeployments as list } from "../../store/deployments.ts";
import { keyOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";

const Seconds = z.number();
/** CloudFormation gives a stack's ARN; an empty one asks for nothing. */
const ExternalId = z.string().regex(/^[!-~]{0,1011}$/, "must be an ARN, or another word of ASCII");
const Input = z.object({
  applicationName: Name.optional(),
  deploymentGroupName: Name.optional(),
  externalId: ExternalId.optional(),
  includeOnlyStatuses: z.array(DeploymentStatus).default([]),
  createTimeRange: z.object({ start: Seconds.optional(), end: Seconds.optional() }).optional(),
  nextToken: z.string().optional(),
});
const Key = z.object({ createTime: z.number(), id: z.string() });

export const listDeployments = () =>
  operation({
    name: "ListDeployments",
    role: "viewer",
    input: Input,
    output: z.object({ deployments: z.array(z.string()), nextToken: z.string().optional() }),
    errors: [
      "ApplicationDoesNotExistException",
      "ApplicationNameRequiredException",
      "DeploymentGroupDoesNotExistException",
      "DeploymentGroupNameRequiredException",
      "InvalidApplicationNameException",
      "InvalidDeploymentGroupNameException",
      "InvalidDeploymentStatusException",
      "InvalidExternalIdException",
      "InvalidInputException",
      "InvalidNextTokenException",
      "InvalidTimeRangeException",
    ],
    faults: {
      includeOnlyStatuses: { malformed: "InvalidDeploymentStatusException" },
      createTimeRange: { malformed: "InvalidTimeRangeException" },
      externalId: { malformed: "InvalidExternalIdException" },
    },
    run(input, { store, quotas }) {
      const groupId = groupOf(store.read, input);
      // Nothing here was made by CloudFormation, which alone gives external ids.
      if (input.externalId) return { deployments: [] };
      const { start, end } = input.createTimeRange ?? {};
      if (start !== undefined && end !== undefined && start > end) {
        throw new DomainError(
          "InvalidTimeRangeException",
          "createTimeRange",
          `createTimeRange: start (${start}) is after end (${end})`,
        );
      }
      const after = keyOfToken(input.nextToken, Key);
      const filter = {
        statuses: input.includeOnlyStatuses,
        ...(groupId !== undefined && { groupId }),
        ...(start !== undefined && { from: start * 1000 }),
        ...(end !== undefined && { to: end * 1000 }),
        ...(after && { after }),
      };
      const { entries, nextToken } = page(
        (limit) => list(store.read, filter, limit),
        (one) => one,
        quotas.page,
      );
      return { deployments: entries.map(({ id }) => id), nextToken };
    },
  });

function groupOf(db: Db, input: z.output<typeof Input>): string | undefined {
  const { applicationName, deploymentGroupName } = input;
  if (applicationName === undefined && deploymentGroupName === undefined) return undefined;
  if (applicationName === undefined) {
    throw new DomainError(
      "ApplicationNameRequiredException",
      "applicationName",
      "applicationName must be given together with deploymentGroupName",
    );
  }
  if (deploymentGroupName === undefined) {
    throw new DomainError(
      "DeploymentGroupNameRequiredException",
      "deploymentGroupName",
      "deploymentGroupName must be given together with applicationName",
    );
  }
  return deploymentGroupNamed(db, applicationNamed(db, applicationName).id, deploymentGroupName).id;
}
