/** GetApplication. @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { applicationInfo } from "../application_view.ts";
import { operation } from "../operation.ts";

export const getApplication = operation({
  name: "GetApplication",
  role: "viewer",
  input: z.object({ applicationName: Name }),
  run({ applicationName }, { store }) {
    return { application: applicationInfo(applicationNamed(store.read, applicationName)) };
  },
});
