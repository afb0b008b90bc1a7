/** BatchGetApplicationRevisions: unknown ones are left out and named in `errorMessage`. @module */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import { type RevisionLocation, revisionTitle } from "../../domain/revision.ts";
import { withoutContent } from "../revision_content.ts";
import { applicationNamed } from "../../store/applications.ts";
import { findRevision, groupsByTargetRevision } from "../../store/revisions.ts";
import { operation } from "../operation.ts";
import { RevisionInput } from "../revision_input.ts";
import { genericRevisionInfo } from "../revision_view.ts";
import { RevisionInfo } from "../shapes/revision.ts";

export const batchGetApplicationRevisions = operation({
  name: "BatchGetApplicationRevisions",
  role: "viewer",
  input: z.object({
    applicationName: Name,
    revisions: z.array(RevisionInput).min(1).max(LIMITS.batchRevisions),
  }),
  output: z.object({
    applicationName: z.string(),
    errorMessage: z.string().optional(),
    revisions: z.array(RevisionInfo),
  }),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "BatchLimitExceededException",
    "InvalidApplicationNameException",
    "InvalidRevisionException",
    "RevisionRequiredException",
  ],
  run({ applicationName, revisions }, { store }) {
    const { id } = applicationNamed(store.read, applicationName);
    const groups = groupsByTargetRevision(store.read, id);
    const unknown: RevisionLocation[] = [];
    const known = revisions.flatMap((asked) => {
      const found = findRevision(store.read, id, asked);
      if (!found) {
        unknown.push(asked);
        return [];
      }
      return [{
        revisionLocation: withoutContent(found.location),
        genericRevisionInfo: genericRevisionInfo(found, groups),
      }];
    });
    return {
      applicationName,
      errorMessage: unknown.length === 0
        ? undefined
        : `No such revision of ${applicationName}: ${unknown.map(revisionTitle).join(", ")}`,
      revisions: known,
    };
  },
});
