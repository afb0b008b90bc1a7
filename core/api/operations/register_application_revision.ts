/** RegisterApplicationRevision: registering again updates the description. @module */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { registerRevision } from "../../store/revisions.ts";
import { operation } from "../operation.ts";
import { RevisionInput } from "../revision_input.ts";

export const registerApplicationRevision = operation({
  name: "RegisterApplicationRevision",
  role: "deployer",
  input: z.object({
    applicationName: Name,
    description: z.string().max(LIMITS.description).optional(),
    revision: RevisionInput,
  }),
  output: z.object({}),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "DescriptionTooLongException",
    "InvalidApplicationNameException",
    "InvalidRevisionException",
    "RevisionRequiredException",
  ],
  async run({ applicationName, description, revision }, { store, now }) {
    const registerTime = now();
    await store.commit((tx) =>
      registerRevision(tx, {
        applicationId: applicationNamed(tx, applicationName).id,
        location: revision,
        registerTime,
        ...(description !== undefined && { description }),
      })
    );
  },
});
