/** The command service: what an agent calls, as operations of the router (spec 12.2). @module */
import { DomainError } from "../domain/errors.ts";
import type { Caller } from "../domain/instance.ts";
import { findInstanceByArn } from "../store/instances.ts";
import type { Store } from "../store/store.ts";
import { AcknowledgeInput, CompleteInput, PollInput, UpdateInput } from "../wire/agent_protocol.ts";
import {
  acknowledge,
  type CallingHost,
  complete,
  type HostService,
  pollHostCommand,
  update,
} from "./host_commands.ts";
import { type Operation, operation } from "./operation.ts";

export function hostOperations(service: HostService): Operation[] {
  const role = "agent";
  return [
    operation({
      name: "PollHostCommand",
      role,
      input: PollInput,
      run: (input, { store }, { caller, signal }) =>
        pollHostCommand(service, hostOf(store, caller), input, signal),
    }),
    operation({
      name: "PutHostCommandAcknowledgement",
      role,
      input: AcknowledgeInput,
      run: (input, { store }, { caller }) => acknowledge(service, hostOf(store, caller), input),
    }),
    operation({
      name: "PostHostCommandUpdate",
      role,
      input: UpdateInput,
      run: (input, { store }, { caller }) => update(service, hostOf(store, caller), input),
    }),
    operation({
      name: "PutHostCommandComplete",
      role,
      input: CompleteInput,
      run: (input, { store }, { caller }) => complete(service, hostOf(store, caller), input),
    }),
  ];
}

function hostOf(store: Store, caller: Caller): CallingHost {
  const instance = findInstanceByArn(store.read, caller.arn);
  if (instance) return { name: instance.name, identifier: caller.arn };
  throw new DomainError(
    "ClientException",
    "HostIdentifier",
    `No registered instance signs as ${caller.arn}. Join the host again: runtime agent join`,
  );
}
