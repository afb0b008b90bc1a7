/**
 * DeregisterOnPremisesInstance: an unknown instance is no fault (trap 33). The keys that a host got by
 * joining end with its registration; otherwise it could read bundles for ever.
 * @module
 */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { deregisterInstance } from "../../store/instances.ts";
import { operation } from "../operation.ts";

export const deregisterOnPremisesInstance = operation({
  name: "DeregisterOnPremisesInstance",
  role: "deployer",
  input: z.object({ instanceName: Name }),
  output: z.object({}),
  errors: ["InstanceNameRequiredException", "InvalidInstanceNameException"],
  async run({ instanceName }, { store, keys, now }) {
    const at = now();
    await store.commit((tx) => {
      const ended = deregisterInstance(tx, instanceName, at);
      if (ended?.iamUserArn !== undefined) keys.removeAgentKeys(tx, ended.iamUserArn);
    });
  },
});
