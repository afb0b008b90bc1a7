/**
 * Who an ARN is, as IAM and STS show it. Ids (`AIDA…`, `AROA…`) are made of the ARN, so that they are
 * the same whenever they are asked for, and are kept nowhere.
 * @module
 */
import { createHash } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export type Principal =
  | { kind: "user"; path: string; name: string; id: string }
  | { kind: "session"; role: string; session: string; id: string };

/** A user, or the session of a role; anything else is a user by the last part of its ARN. */
export function principalOf(arn: string): Principal {
  const resource = arn.split(":").slice(5).join(":");
  const [, role, session] = /^assumed-role\/([^/]+)\/([^/]+)$/.exec(resource) ?? [];
  if (role !== undefined && session !== undefined) {
    return { kind: "session", role, session, id: `${roleId(arn, role)}:${session}` };
  }
  const path = resource.replace(/^[^/]*/, "");
  const at = path.lastIndexOf("/") + 1;
  return {
    kind: "user",
    path: path.slice(0, at) || "/",
    name: path.slice(at) || resource,
    id: userId(arn),
  };
}

export function userId(arn: string): string {
  return `AIDA${letters(arn)}`;
}

/** Of a role in the account of an ARN. */
function roleId(arn: string, role: string): string {
  return `AROA${letters(`${arn.split(":")[4]}/${role}`)}`;
}

function letters(text: string): string {
  const digest = createHash("sha256").update(text).digest();
  return Array.from(digest.subarray(0, 17), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
