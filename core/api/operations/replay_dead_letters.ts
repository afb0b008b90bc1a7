/** ReplayDeadLetters and DeleteDeadLetters, which CodeDeploy does not have. @module */
import type { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { type DeadChoice, deleteDead, replayDead } from "../../store/deliveries.ts";
import {
  DeadLetterChoice,
  DeleteDeadLettersOutput,
  ReplayDeadLettersOutput,
} from "../../wire/events_api.ts";
import { operation } from "../operation.ts";

export const replayDeadLetters = operation({
  name: "ReplayDeadLetters",
  role: "admin",
  input: DeadLetterChoice,
  output: ReplayDeadLettersOutput,
  errors: ["InvalidInputException"],
  async run(input, { store, now }) {
    const choice = choiceOf(input);
    return { replayed: await store.commit((tx) => replayDead(tx, choice, now())) };
  },
});

export const deleteDeadLetters = operation({
  name: "DeleteDeadLetters",
  role: "admin",
  input: DeadLetterChoice,
  output: DeleteDeadLettersOutput,
  errors: ["InvalidInputException"],
  async run(input, { store }) {
    const choice = choiceOf(input);
    return { deleted: await store.commit((tx) => deleteDead(tx, choice)) };
  },
});

function choiceOf({ ids, destination, all }: z.output<typeof DeadLetterChoice>): DeadChoice {
  const given = [ids, destination, all].filter((one) => one !== undefined);
  if (given.length === 1) return ids ? { ids } : destination ? { destination } : "all";
  throw new DomainError(
    "InvalidInputException",
    "ids",
    "give one of ids, destination and all, and not several of them",
  );
}
