/** CreateRelease, which CodeDeploy does not have: several deployments, and which needs which. @module */
import { z } from "zod";
import { FileExistsBehavior } from "../../domain/deployment.ts";
import { DomainError } from "../../domain/errors.ts";
import { Name } from "../../domain/name.ts";
import { entryFaults, OnFailure, RELEASE_ENTRY_LIMIT } from "../../domain/release.ts";
import type { Engine } from "../../engine/engine.ts";
import { CreateReleaseOutput } from "../../wire/releases_api.ts";
import { operation } from "../operation.ts";
import { RevisionInput } from "../revision_input.ts";

const Entry = z.object({
  name: Name,
  applicationName: Name,
  deploymentGroupName: Name,
  revision: RevisionInput,
  deploymentConfigName: Name.optional(),
  fileExistsBehavior: FileExistsBehavior.optional(),
  needs: z.array(Name).max(RELEASE_ENTRY_LIMIT).default([]),
});
type Entry = z.output<typeof Entry>;

const Input = z.object({
  releaseName: Name,
  onFailure: OnFailure.default("rollback"),
  deployments: z.array(Entry).min(1).max(RELEASE_ENTRY_LIMIT),
});

const MEMBER = { name: "name", group: "deploymentGroupName", needs: "needs" } as const;

export const createRelease = (engine: Pick<Engine, "releases">) =>
  operation({
    name: "CreateRelease",
    role: "deployer",
    input: Input,
    output: CreateReleaseOutput,
    errors: ["InvalidInputException"],
    async run({ releaseName, onFailure, deployments }) {
      refuseFaults(deployments);
      const entries = deployments.map(
        ({ deploymentConfigName, fileExistsBehavior, ...entry }) => ({
          ...entry,
          ...(deploymentConfigName !== undefined && { deploymentConfigName }),
          ...(fileExistsBehavior && { fileExistsBehavior }),
        }),
      );
      return { releaseId: await engine.releases.create(releaseName, { entries, onFailure }) };
    },
  });

function refuseFaults(deployments: readonly Entry[]): void {
  const [fault] = entryFaults(deployments);
  if (!fault) return;
  const { entry, member, at, message } = fault;
  const field = ["deployments", entry, MEMBER[member], ...(at === undefined ? [] : [at])].join(".");
  throw new DomainError("InvalidInputException", field, `${field}: ${message}`);
}
