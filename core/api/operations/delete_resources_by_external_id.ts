/**
 * DeleteResourcesByExternalId: what CloudFormation made goes. Nothing here was made by it, so there
 * is never anything to delete, and the answer is the same (service model: no exceptions).
 * @module
 */
import { z } from "zod";
import { operation } from "../operation.ts";

export const deleteResourcesByExternalId = operation({
  name: "DeleteResourcesByExternalId",
  role: "deployer",
  input: z.object({ externalId: z.string().optional() }),
  output: z.object({}),
  errors: [],
  run() {},
});
