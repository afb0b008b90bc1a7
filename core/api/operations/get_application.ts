/** GetApplication. @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { applicationInfo } from "../application_view.ts";
import { operation } from "../operation.ts";
import { ApplicationInfo } from "../shapes/application.ts";

export const getApplication = operation({
  name: "GetApplication",
  role: "viewer",
  input: z.object({ applicationName: Name }),
  output: z.object({ application: ApplicationInfo }),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "InvalidApplicationNameException",
  ],
  run({ applicationName }, context) {
    const application = applicationNamed(context.store.read, applicationName);
    return { application: applicationInfo(application, context) };
  },
});
