/** The name a new on-premises instance may have (CodeDeploy user guide, "Limits"). @module */
import { Name } from "./name.ts";

/** A name as any other, but `i-…` would read as an EC2 instance id. */
export const InstanceName = Name.refine(
  (name) => !name.startsWith("i-"),
  "must not begin with i-, as ids of EC2 instances do",
);
