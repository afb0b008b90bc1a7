/** UpdateApplication: a new name; ids, groups, revisions and deployments stay. @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { renameApplication } from "../../store/applications.ts";
import { operation } from "../operation.ts";

export const updateApplication = operation({
  name: "UpdateApplication",
  role: "deployer",
  input: z.object({ applicationName: Name, newApplicationName: Name }),
  output: z.object({}),
  errors: [
    "ApplicationAlreadyExistsException",
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "InvalidApplicationNameException",
  ],
  async run({ applicationName, newApplicationName }, { store }) {
    await store.commit((tx) => renameApplication(tx, applicationName, newApplicationName));
  },
});
