/** BatchGetOnPremisesInstances: unknown names are left out. @module */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import { instancesNamed } from "../../store/instances.ts";
import { instanceInfo } from "../instance_view.ts";
import { operation } from "../operation.ts";
import { InstanceInfo } from "../shapes/on_premises_instance.ts";

export const batchGetOnPremisesInstances = operation({
  name: "BatchGetOnPremisesInstances",
  role: "viewer",
  input: z.object({ instanceNames: z.array(Name).min(1).max(LIMITS.batch) }),
  output: z.object({ instanceInfos: z.array(InstanceInfo) }),
  errors: [
    "BatchLimitExceededException",
    "InstanceNameRequiredException",
    "InvalidInstanceNameException",
  ],
  run({ instanceNames }, { store }) {
    return { instanceInfos: instancesNamed(store.read, instanceNames).map(instanceInfo) };
  },
});
