/** DeleteIntegration, which CodeDeploy does not have: a balancer, alarm or analysis goes. @module */
import { DomainError } from "../../domain/errors.ts";
import { noteAudit } from "../../store/audit.ts";
import { deleteIntegration as remove } from "../../store/integrations.ts";
import { DeleteIntegrationInput, DeleteIntegrationOutput } from "../../wire/integrations_api.ts";
import { operation } from "../operation.ts";

export const deleteIntegration = operation({
  name: "DeleteIntegration",
  role: "admin",
  input: DeleteIntegrationInput,
  output: DeleteIntegrationOutput,
  errors: ["InvalidInputException"],
  async run({ kind, name }, { store, now }, { caller }) {
    const removed = await store.commit((tx) => {
      if (!remove(tx, kind, name)) return false;
      const action = "integration removed";
      noteAudit(tx, { time: now(), who: caller.arn, action, subject: `${kind} ${name}` });
      return true;
    });
    if (removed) return;
    throw new DomainError("InvalidInputException", "name", `There is no ${kind} named ${name}.`);
  },
});
