/** TryIntegration, which CodeDeploy does not have: what a plugin says when it is called now. @module */
import type { Integrations } from "../../engine/integration_setup.ts";
import { TryIntegrationInput, TryIntegrationOutput } from "../../wire/integrations_api.ts";
import { operation } from "../operation.ts";

export const tryIntegration = (integrations: Pick<Integrations, "try">) =>
  operation({
    name: "TryIntegration",
    // As a deployment would, it sends requests and runs programs.
    role: "admin",
    input: TryIntegrationInput,
    output: TryIntegrationOutput,
    errors: ["InvalidInputException"],
    // A name that is none is no more than an input at fault here.
    faults: { instanceName: { malformed: "InvalidInputException" } },
    run: (request, _context, { signal }) => integrations.try(request, signal),
  });
