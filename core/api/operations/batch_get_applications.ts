/** BatchGetApplications: one unknown name fails the call (trap 34). @module */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import { applicationsNamed } from "../../store/applications.ts";
import { applicationInfo } from "../application_view.ts";
import { operation } from "../operation.ts";
import { ApplicationInfo } from "../shapes/application.ts";

export const batchGetApplications = operation({
  name: "BatchGetApplications",
  role: "viewer",
  input: z.object({ applicationNames: z.array(Name).min(1).max(LIMITS.batch) }),
  output: z.object({ applicationsInfo: z.array(ApplicationInfo) }),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "BatchLimitExceededException",
    "InvalidApplicationNameException",
  ],
  run({ applicationNames }, context) {
    const applications = applicationsNamed(context.store.read, applicationNames);
    return { applicationsInfo: applications.map((one) => applicationInfo(one, context)) };
  },
});
