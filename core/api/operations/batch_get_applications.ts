/** BatchGetApplications: one unknown name fails the call (trap 34). @module */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import { applicationsNamed } from "../../store/applications.ts";
import { applicationInfo } from "../application_view.ts";
import { operation } from "../operation.ts";

export const batchGetApplications = operation({
  name: "BatchGetApplications",
  role: "viewer",
  input: z.object({ applicationNames: z.array(Name).min(1).max(LIMITS.batch) }),
  run({ applicationNames }, { store }) {
    return {
      applicationsInfo: applicationsNamed(store.read, applicationNames).map(applicationInfo),
    };
  },
});
