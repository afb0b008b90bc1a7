/** GetOnPremisesInstance, deregistered ones included. @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { instanceNamed } from "../../store/instances.ts";
import { instanceInfo } from "../instance_view.ts";
import { operation } from "../operation.ts";
import { InstanceInfo } from "../shapes/on_premises_instance.ts";

export const getOnPremisesInstance = operation({
  name: "GetOnPremisesInstance",
  role: "viewer",
  input: z.object({ instanceName: Name }),
  output: z.object({ instanceInfo: InstanceInfo }),
  errors: [
    "InstanceNameRequiredException",
    "InstanceNotRegisteredException",
    "InvalidInstanceNameException",
  ],
  run({ instanceName }, { store }) {
    return { instanceInfo: instanceInfo(instanceNamed(store.read, instanceName)) };
  },
});
