/** CreateApplication. @module */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ComputePlatform, Name } from "../../domain/name.ts";
import { insertApplication } from "../../store/applications.ts";
import { putResourceTags } from "../../store/resource_tags.ts";
import { operation } from "../operation.ts";
import { RESOURCE_TAG_FAULTS, ResourceTags } from "../resource_tags.ts";

export const createApplication = operation({
  name: "CreateApplication",
  role: "deployer",
  input: z.object({
    applicationName: Name,
    computePlatform: ComputePlatform.default("Server"),
    tags: ResourceTags,
  }),
  output: z.object({ applicationId: z.string() }),
  errors: [
    "ApplicationAlreadyExistsException",
    "ApplicationLimitExceededException",
    "ApplicationNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidComputePlatformException",
    "InvalidTagsToAddException",
  ],
  faults: RESOURCE_TAG_FAULTS,
  async run({ applicationName, computePlatform, tags }, { store, quotas, now }) {
    const id = randomUUID();
    const application = { id, name: applicationName, computePlatform, createTime: now() };
    await store.commit((tx) => {
      insertApplication(tx, application, quotas.applications);
      putResourceTags(tx, id, tags, quotas.resourceTags);
    });
    return { applicationId: id };
  },
});
