/** InstanceInfo: an on-premises instance as the API shows it. @module */
import type { OnPremisesInstance } from "../domain/instance.ts";
import { epochSeconds } from "./epoch_seconds.ts";

export function instanceInfo(instance: OnPremisesInstance): Record<string, unknown> {
  return {
    instanceName: instance.name,
    iamSessionArn: instance.iamSessionArn,
    iamUserArn: instance.iamUserArn,
    instanceArn: instance.arn,
    registerTime: epochSeconds(instance.registerTime),
    deregisterTime: epochSeconds(instance.deregisterTime),
    tags: instance.tags,
  };
}
