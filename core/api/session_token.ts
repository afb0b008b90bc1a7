/**
 * Whether a key may be used now: an inactive one may not, and one of a session only together with its
 * token and until the session ends. The token is bound to the key, so it need not be among the signed
 * headers.
 * @module
 */
import { createHash } from "node:crypto";
import { DomainError } from "../domain/errors.ts";
import type { AccessKey } from "../store/access_keys.ts";

export const SECURITY_TOKEN = "X-Amz-Security-Token";

/** Hex SHA-256, the form in which tokens are kept. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Whether a key that was usable is so no longer; `now` in milliseconds since the epoch. */
export function isOver({ status, session }: AccessKey, now: number): boolean {
  return status === "Inactive" || (session !== undefined && now >= session.expiresAt);
}

/** Throws UnrecognizedClient and ExpiredToken; `now` in milliseconds since the epoch. */
export function checkUsable(key: AccessKey, request: Request, url: URL, now: number): void {
  const { accessKeyId, session } = key;
  if (key.status === "Inactive") {
    throw new DomainError(
      "UnrecognizedClientException",
      "",
      `The access key id ${accessKeyId} is inactive. Make it active: aws iam update-access-key`,
    );
  }
  const token = request.headers.get(SECURITY_TOKEN) ?? url.searchParams.get(SECURITY_TOKEN) ?? "";
  if (session === undefined) {
    if (token === "") return;
    throw invalid(`${accessKeyId} is a lasting key and has none; leave AWS_SESSION_TOKEN out`);
  }
  if (token === "") throw invalid(`${accessKeyId} is a session's key and needs its token`);
  if (tokenHash(token) !== session.tokenHash) throw invalid(`it is not that of ${accessKeyId}`);
  if (now < session.expiresAt) return;
  throw new DomainError(
    "ExpiredTokenException",
    SECURITY_TOKEN,
    "The security token included in the request is expired: the session ended at " +
      `${new Date(session.expiresAt).toISOString()}. Begin a new one.`,
  );
}

/** The field tells this refusal from that of an unknown key, for those that answer in other words. */
function invalid(reason: string): DomainError {
  const message = `The security token included in the request is invalid: ${reason}.`;
  return new DomainError("UnrecognizedClientException", SECURITY_TOKEN, message);
}
