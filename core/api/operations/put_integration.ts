/** PutIntegration, which CodeDeploy does not have: a balancer, alarm or analysis by name. @module */
import type { Integrations } from "../../engine/integration_setup.ts";
import { noteAudit } from "../../store/audit.ts";
import { putIntegration as put } from "../../store/integrations.ts";
import { PutIntegrationInput, PutIntegrationOutput } from "../../wire/integrations_api.ts";
import { operation } from "../operation.ts";

export const putIntegration = (integrations: Pick<Integrations, "check">) =>
  operation({
    name: "PutIntegration",
    // The server sends requests, and runs programs, as a config says.
    role: "admin",
    input: PutIntegrationInput,
    output: PutIntegrationOutput,
    errors: ["InvalidInputException"],
    async run(integration, { store, now }, { caller }) {
      integrations.check(integration);
      const subject = `${integration.kind} ${integration.name}`;
      const reason = `plugin ${integration.plugin}`;
      await store.commit((tx) => {
        put(tx, integration, now());
        const action = "integration set";
        noteAudit(tx, { time: now(), who: caller.arn, action, subject, reason });
      });
    },
  });
