/** ListIntegrations, which CodeDeploy does not have: what is set up, and what could be. @module */
import type { Integrations } from "../../engine/integration_setup.ts";
import { listIntegrations as list } from "../../store/integrations.ts";
import { ListIntegrationsInput, ListIntegrationsOutput } from "../../wire/integrations_api.ts";
import { operation } from "../operation.ts";

export const listIntegrations = (integrations: Pick<Integrations, "plugins">) =>
  operation({
    name: "ListIntegrations",
    role: "viewer",
    input: ListIntegrationsInput,
    output: ListIntegrationsOutput,
    errors: ["InvalidInputException"],
    run: ({ kind }, { store }) => ({
      integrations: list(store.read, kind),
      plugins: integrations.plugins(kind),
    }),
  });
