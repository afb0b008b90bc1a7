/** ListEventTargets, which CodeDeploy does not have: where events go, and how many wait. @module */
import { countDeliveries } from "../../store/deliveries.ts";
import { eventTargetDestination, listEventTargets as list } from "../../store/event_targets.ts";
import { ListEventTargetsInput, ListEventTargetsOutput, membersOf } from "../../wire/events_api.ts";
import { operation } from "../operation.ts";

export const listEventTargets = operation({
  name: "ListEventTargets",
  role: "viewer",
  input: ListEventTargetsInput,
  output: ListEventTargetsOutput,
  errors: [],
  run(_input, { store: { read } }) {
    const counts = countDeliveries(read);
    return {
      targets: list(read).map(({ name, receiver, pattern }) => ({
        name,
        ...membersOf(receiver),
        ...(pattern && { pattern }),
        waiting: 0,
        dead: 0,
        ...counts.get(eventTargetDestination(name)),
      })),
    };
  },
});
