/** A registered instance as the API shows it (service model, InstanceInfo). @module */
import { z } from "zod";
import { TagShape } from "./tag.ts";
import { Timestamp } from "./timestamp.ts";

export const InstanceInfo = z.object({
  instanceName: z.string(),
  iamSessionArn: z.string().optional(),
  iamUserArn: z.string().optional(),
  instanceArn: z.string(),
  registerTime: Timestamp,
  /** Absent while it is registered. */
  deregisterTime: Timestamp.optional(),
  tags: z.array(TagShape),
});
export type InstanceInfo = z.infer<typeof InstanceInfo>;
