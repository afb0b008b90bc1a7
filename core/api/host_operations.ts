/** The command service: what an agent calls, as operations of the router (spec 12.2). @module */
import { DomainError } from "../domain/errors.ts";
import type { Caller } from "../domain/instance.ts";
import { findInstanceByArn } from "../store/instances.ts";
import type { Store } from "../store/store.ts";
import {
  AcknowledgeInput,
  CompleteInput,
  EXTENSION_HEADER,
  PollInput,
  REFUSE_OPERATION,
  RefuseInput,
  SpecificationInput,
  UpdateInput,
} from "../wire/agent_protocol.ts";
import {
  acknowledge,
  type CallingHost,
  complete,
  type HostService,
  ownIdentifier,
  pollHostCommand,
  refuseOrder,
  update,
} from "./host_commands.ts";
import type { MemberFault, MemberFaults } from "./member_faults.ts";
import { agentOperation, type RoutedOperation } from "./operation.ts";
import { getSpecification, pollStockCommand } from "./stock_agent.ts";

/** The command service knows one exception for whatever a caller did wrong (agent's client model). */
const FAULT: MemberFault = { missing: "ClientException", malformed: "ClientException" };
const FAULTS: MemberFaults = {
  CommandStatus: FAULT,
  DeploymentExecutionId: FAULT,
  Diagnostics: FAULT,
  HostCommandIdentifier: FAULT,
  HostIdentifier: FAULT,
  Message: FAULT,
  Reason: FAULT,
  Running: FAULT,
  WaitSeconds: FAULT,
};

export function hostOperations(service: HostService): RoutedOperation[] {
  return [
    agentOperation({
      name: "PollHostCommand",
      faults: FAULTS,
      input: PollInput,
      run(input, { store }, { caller, headers, signal }) {
        const host = hostOf(store, caller);
        ownIdentifier(host, input.HostIdentifier);
        return headers.has(EXTENSION_HEADER)
          ? pollHostCommand(service, host, input, signal)
          : pollStockCommand(service, host, signal);
      },
    }),
    agentOperation({
      name: "GetDeploymentSpecification",
      faults: FAULTS,
      input: SpecificationInput,
      run({ DeploymentExecutionId, HostIdentifier }, { store }, { caller }) {
        const host = hostOf(store, caller);
        ownIdentifier(host, HostIdentifier);
        return getSpecification(service, host, DeploymentExecutionId);
      },
    }),
    agentOperation({
      name: "PutHostCommandAcknowledgement",
      faults: FAULTS,
      input: AcknowledgeInput,
      run: (input, { store }, { caller }) => acknowledge(service, hostOf(store, caller), input),
    }),
    agentOperation({
      name: "PostHostCommandUpdate",
      faults: FAULTS,
      input: UpdateInput,
      run: (input, { store }, { caller }) => update(service, hostOf(store, caller), input),
    }),
    agentOperation({
      name: "PutHostCommandComplete",
      faults: FAULTS,
      input: CompleteInput,
      run: (input, { store }, { caller }) => complete(service, hostOf(store, caller), input),
    }),
    agentOperation({
      name: REFUSE_OPERATION,
      faults: FAULTS,
      input: RefuseInput,
      run(input, { store }, { caller }) {
        const host = hostOf(store, caller);
        ownIdentifier(host, input.HostIdentifier);
        return refuseOrder(service, host, input);
      },
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
