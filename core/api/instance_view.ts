/** InstanceInfo: an on-premises instance as the API shows it. @module */
import type { OnPremisesInstance } from "../domain/instance.ts";
import { epochSeconds } from "./epoch_seconds.ts";
import type { InstanceInfo } from "./shapes/on_premises_instance.ts";

export function instanceInfo(instance: OnPremisesInstance): InstanceInfo {
  return {
    instanceName: instance.name,
    iamSessionArn: instance.iamSessionArn,
    iamUserArn: instance.iamUserArn,
    instanceArn: instance.arn,
    registerTime: epochSeconds(instance.registerTime),
    deregisterTime: epochSeconds(instance.deregisterTime),
    tags: [...instance.tags],
  };
}
