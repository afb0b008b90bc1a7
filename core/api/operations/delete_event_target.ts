/** DeleteEventTarget, which CodeDeploy does not have: nothing more goes to a target. @module */
import { DomainError } from "../../domain/errors.ts";
import { deleteEventTarget as remove } from "../../store/event_targets.ts";
import { DeleteEventTargetInput, DeleteEventTargetOutput } from "../../wire/events_api.ts";
import { operation } from "../operation.ts";

export const deleteEventTarget = operation({
  name: "DeleteEventTarget",
  role: "admin",
  input: DeleteEventTargetInput,
  output: DeleteEventTargetOutput,
  errors: ["InvalidInputException"],
  async run({ name }, { store }) {
    const dropped = await store.commit((tx) => remove(tx, name));
    if (dropped === undefined) {
      throw new DomainError("InvalidInputException", "name", `There is no event target ${name}.`);
    }
    return { dropped };
  },
});
