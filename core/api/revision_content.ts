/**
 * Text revisions (AppSpecContent, String) are known by the SHA-256 of their content; callers may send
 * the content, the hash, or both (service model). Only GetApplicationRevision gives content back.
 * @module
 */
import { createHash } from "node:crypto";
import type { RevisionLocation } from "../domain/revision.ts";

type Text = { content?: string | undefined; sha256?: string | undefined };

/** The location with the hash of its text filled in, or what is wrong with it. */
export function withContentHash(location: RevisionLocation): RevisionLocation | { fault: string } {
  if (location.revisionType === "AppSpecContent") {
    const text = hashed(location.appSpecContent);
    return "fault" in text ? text : { revisionType: "AppSpecContent", appSpecContent: text };
  }
  if (location.revisionType === "String") {
    const text = hashed(location.string);
    return "fault" in text ? text : { revisionType: "String", string: text };
  }
  return location;
}

/** The location as every answer but GetApplicationRevision's shows it. */
export function withoutContent(location: RevisionLocation): RevisionLocation {
  if (location.revisionType === "AppSpecContent") {
    const { content: _, ...appSpecContent } = location.appSpecContent;
    return { revisionType: "AppSpecContent", appSpecContent };
  }
  if (location.revisionType === "String") {
    const { content: _, ...string } = location.string;
    return { revisionType: "String", string };
  }
  return location;
}

function hashed({ content, sha256 }: Text): { content?: string; sha256: string } | {
  fault: string;
} {
  const given = sha256?.toLowerCase();
  if (content === undefined) {
    return given === undefined ? { fault: "needs content or sha256" } : { sha256: given };
  }
  const actual = createHash("sha256").update(content).digest("hex");
  if (given !== undefined && given !== actual) {
    return { fault: `sha256 is ${given}, but that of the content is ${actual}` };
  }
  return { content, sha256: actual };
}
