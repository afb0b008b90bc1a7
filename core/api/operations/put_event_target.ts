/** PutEventTarget, which CodeDeploy does not have: where events in EventBridge's form go. @module */
import type { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { EventReceiver } from "../../domain/event_target.ts";
import { putEventTarget as put } from "../../store/event_targets.ts";
import { PutEventTargetInput, PutEventTargetOutput, receiverOf } from "../../wire/events_api.ts";
import { operation } from "../operation.ts";

export const putEventTarget = operation({
  name: "PutEventTarget",
  // The server sends requests to whatever address this names.
  role: "admin",
  input: PutEventTargetInput,
  output: PutEventTargetOutput,
  errors: ["InvalidInputException"],
  async run(input, { store, now }) {
    const { name, pattern } = input;
    const target = { name, receiver: receiver(input), ...(pattern && { pattern }) };
    await store.commit((tx) => put(tx, target, now()));
  },
});

function receiver(input: z.output<typeof PutEventTargetInput>): EventReceiver {
  const given = receiverOf(input);
  if (given === undefined) {
    throw new DomainError("InvalidInputException", "url", "give either url or file, and not both");
  }
  const parsed = EventReceiver.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys") {
    throw new DomainError(
      "InvalidInputException",
      "header",
      "header: goes with url; a file takes none",
    );
  }
  const field = input.url === undefined ? "file" : "url";
  throw new DomainError("InvalidInputException", field, `${field}: ${issue?.message}`);
}
