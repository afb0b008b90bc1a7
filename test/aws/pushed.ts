/** What `runtime push --json` answers, as the clients of AWS want it. @module */
import { z } from "zod";

export const Pushed = z.object({
  revision: z.object({
    revisionType: z.literal("S3"),
    s3Location: z.object({
      bucket: z.string(),
      key: z.string(),
      bundleType: z.enum(["tar", "tgz", "zip"]),
      version: z.string().optional(),
      eTag: z.string().optional(),
    }),
  }),
});
