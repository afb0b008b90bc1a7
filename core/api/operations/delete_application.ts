/** DeleteApplication: with its groups, revisions and history; a missing one is no fault (trap 33). @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { deleteApplication as remove } from "../../store/applications.ts";
import { operation } from "../operation.ts";

export const deleteApplication = operation({
  name: "DeleteApplication",
  role: "deployer",
  input: z.object({ applicationName: Name }),
  output: z.object({}),
  errors: [
    "ApplicationNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidRoleException",
  ],
  async run({ applicationName }, { store }) {
    await store.commit((tx) => remove(tx, applicationName));
  },
});
