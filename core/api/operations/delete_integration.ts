/** DeleteIntegration, which CodeDeploy does not have: a balancer, alarm or analysis goes. @module */
import { DomainError } from "../../domain/errors.ts";
import { deleteIntegration as remove } from "../../store/integrations.ts";
import { DeleteIntegrationInput, DeleteIntegrationOutput } from "../../wire/integrations_api.ts";
import { operation } from "../operation.ts";

export const deleteIntegration = operation({
  name: "DeleteIntegration",
  role: "admin",
  input: DeleteIntegrationInput,
  output: DeleteIntegrationOutput,
  errors: ["InvalidInputException"],
  async run({ kind, name }, { store }) {
    if (await store.commit((tx) => remove(tx, kind, name))) return;
    throw new DomainError("InvalidInputException", "name", `There is no ${kind} named ${name}.`);
  },
});
