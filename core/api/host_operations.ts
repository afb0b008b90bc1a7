/** The command service: what an agent calls, as operations of the router (spec 12.2). @module */
import { DomainError } from "../domain/errors.ts";
import type { Caller } from "../domain/instance.ts";
import { hostSigningAs } from "../store/instances.ts";
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
import type { ApiContext } from "./context.ts";
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
import { isOver } from "./session_token.ts";
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
      async run(input, context, { caller, headers, signal }) {
        const host = hostOf(context.store, caller);
        ownIdentifier(host, input.HostIdentifier);
        const answer = await (headers.has(EXTENSION_HEADER)
          ? pollHostCommand(service, host, input, signal)
          : pollStockCommand(service, host, signal));
        mustStillBe(host, context, caller);
        return answer;
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

/**
 * Whether the caller would be this host if it asked now. A poll lasts, and who was the host when it
 * began may have been deregistered; the name may be another's, and the order that came is for that one.
 * It is handed out again, as any order that got lost.
 */
function mustStillBe(host: CallingHost, { store, keys, now }: ApiContext, caller: Caller): void {
  const key = keys.find(caller.accessKeyId);
  const isHost = key?.role === "agent" && !isOver(key, now());
  if (isHost && hostOf(store, caller).name === host.name) return;
  throw new DomainError(
    "AccessDeniedException",
    "",
    `The access key ${caller.accessKeyId} is no longer that of ${host.name}.`,
  );
}

function hostOf(store: Store, caller: Caller): CallingHost {
  const name = hostSigningAs(store.read, caller.arn);
  if (name !== undefined) return { name, identifier: caller.arn };
  throw new DomainError(
    "ClientException",
    "HostIdentifier",
    `No registered instance signs as ${caller.arn}. Join the host again: runtime agent join`,
  );
}
