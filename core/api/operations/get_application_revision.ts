/** GetApplicationRevision: the one operation that gives the content of a text revision back. @module */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { Name } from "../../domain/name.ts";
import { revisionTitle } from "../../domain/revision.ts";
import { applicationNamed } from "../../store/applications.ts";
import { findRevision, groupsByTargetRevision } from "../../store/revisions.ts";
import { operation } from "../operation.ts";
import { RevisionInput } from "../revision_input.ts";
import { genericRevisionInfo } from "../revision_view.ts";
import { GenericRevisionInfo } from "../shapes/revision.ts";
import { RevisionLocation } from "../../domain/revision.ts";

export const getApplicationRevision = operation({
  name: "GetApplicationRevision",
  role: "viewer",
  input: z.object({ applicationName: Name, revision: RevisionInput }),
  output: z.object({
    applicationName: z.string(),
    revision: RevisionLocation,
    revisionInfo: GenericRevisionInfo,
  }),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidRevisionException",
    "RevisionDoesNotExistException",
    "RevisionRequiredException",
  ],
  run({ applicationName, revision }, { store }) {
    const { id } = applicationNamed(store.read, applicationName);
    const found = findRevision(store.read, id, revision);
    if (!found) {
      throw new DomainError(
        "RevisionDoesNotExistException",
        "revision",
        `No revision of ${applicationName} is registered as ${revisionTitle(revision)}`,
      );
    }
    const groups = groupsByTargetRevision(store.read, id);
    return {
      applicationName,
      revision: found.location,
      revisionInfo: genericRevisionInfo(found, groups),
    };
  },
});
