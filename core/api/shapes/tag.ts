/** Tags as the API shows them, of instances, applications and deployment groups. @module */
import { z } from "zod";

/** `Key` and `Value` are capitalized, as nearly nothing else is (service model). */
export const TagShape = z.object({ Key: z.string(), Value: z.string().optional() });
export type TagShape = z.infer<typeof TagShape>;
