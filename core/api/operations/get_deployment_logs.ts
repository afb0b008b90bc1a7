/** GetDeploymentLogs, which CodeDeploy does not have: what hooks printed, while they run and later. @module */
import { z } from "zod";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { readLogChunks } from "../../store/log_chunks.ts";
import { LogLine } from "../../wire/agent_protocol.ts";
import { GetDeploymentLogsInput, GetDeploymentLogsOutput } from "../../wire/runtime_api.ts";
import { operation } from "../operation.ts";

/** Chunks of a page; one is what a host printed within a tenth of a second. */
const PAGE = 500;
const Lines = z.array(LogLine);

export const getDeploymentLogs = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "GetDeploymentLogs",
    role: "viewer",
    input: GetDeploymentLogsInput.extend({ deploymentId: DeploymentId }),
    output: GetDeploymentLogsOutput,
    errors: [
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "InvalidDeploymentIdException",
      "InvalidInputException",
    ],
    faults: { targetId: {} },
    run({ deploymentId, targetId, after }, { store }) {
      engine.deployment(deploymentId);
      const filter = { after, ...(targetId !== undefined && { targetId }) };
      // One more than a page has says that there is a next one.
      const found = readLogChunks(store.read, deploymentId, filter, PAGE + 1);
      const chunks = found.slice(0, PAGE);
      return {
        chunks: chunks.map(({ sequence, targetId, lines }) => ({
          sequence,
          targetId,
          lines: Lines.parse(JSON.parse(lines)),
        })),
        ...(found.length > PAGE && { next: chunks.at(-1)?.sequence }),
      };
    },
  });
