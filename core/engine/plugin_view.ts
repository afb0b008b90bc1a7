/** A deployment as plugins are told of it. @module */
import type { DeploymentView } from "../plugin/contract.ts";
import type { Names } from "./order.ts";

export function viewOf(id: string, { application, group }: Names): DeploymentView {
  return { id, application, group };
}
