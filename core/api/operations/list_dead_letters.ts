/** ListDeadLetters, which CodeDeploy does not have: messages that were given up, and why. @module */
import { z } from "zod";
import { listDead } from "../../store/deliveries.ts";
import { ListDeadLettersInput, ListDeadLettersOutput } from "../../wire/events_api.ts";
import { epochSeconds } from "../epoch_seconds.ts";
import { keyOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";

export const listDeadLetters = operation({
  name: "ListDeadLetters",
  role: "viewer",
  input: ListDeadLettersInput,
  output: ListDeadLettersOutput,
  errors: ["InvalidInputException", "InvalidNextTokenException"],
  run({ destination, ...input }, { store }) {
    const after = keyOfToken(input.nextToken, z.number().int()) ?? 0;
    const filter = { after, ...(destination !== undefined && { destination }) };
    const { entries, nextToken } = page(
      (limit) => listDead(store.read, filter, limit),
      ({ id }) => id,
    );
    return {
      deadLetters: entries.map((one) => ({
        id: one.id,
        destination: one.destination,
        deploymentId: one.deploymentId,
        createTime: epochSeconds(one.createTime),
        attempts: one.attempts,
        lastAttemptTime: epochSeconds(one.lastAttempt),
        cause: one.lastError,
        payload: one.payload,
      })),
      ...(nextToken !== undefined && { nextToken }),
    };
  },
});
