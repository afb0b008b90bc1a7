/**
 * GetServerKey: what a host that was registered, and did not join, pins before it takes orders. Only
 * the host of a registered instance is told, so that it learns here whether its keys are good.
 * @module
 */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { findInstanceByArn } from "../../store/instances.ts";
import { GetServerKeyOutput } from "../../wire/runtime_api.ts";
import { operation } from "../operation.ts";

export const getServerKey = operation({
  name: "GetServerKey",
  role: "agent",
  input: z.object({}),
  output: GetServerKeyOutput,
  errors: ["InstanceNotRegisteredException"],
  run(_, { store, serverPublicKey }, { caller }) {
    const instance = findInstanceByArn(store.read, caller.arn);
    if (instance) return { instanceName: instance.name, serverPublicKey };
    const message = `No on-premises instance is registered with the ARN ${caller.arn}`;
    throw new DomainError("InstanceNotRegisteredException", "", message);
  },
});
