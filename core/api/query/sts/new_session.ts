/** Begins a session: a key of its own, a token that has to come with it, an end. @module */
import { Buffer } from "node:buffer";
import { NEW_KEY_BYTES, newAccessKey } from "../../../domain/new_access_key.ts";
import type { Caller, Role } from "../../../domain/instance.ts";
import type { AccessKey } from "../../../store/access_keys.ts";
import type { Tx } from "../../../store/group_commit.ts";
import type { ApiContext } from "../../context.ts";
import { tokenHash } from "../../session_token.ts";
import { QueryError } from "../query_error.ts";

/** Milliseconds for which an ended session is still known, so that its holder learns that it ended. */
const KEPT_AFTER_END = 7 * 24 * 3600 * 1000;
const TOKEN_BYTES = 144;
/** Sessions of one lasting key: a host's or a viewer's must not be able to fill the disk. */
const SESSIONS_MAX = 10_000;

/** `Credentials` of the STS answers. */
export interface SessionCredentials {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken: string;
  Expiration: Date;
}

/**
 * Writes the session's key; it ends with the lasting key behind `asker`. Sessions that ended long ago
 * are swept in the same commit. The session has the role that is given, or that which the asker's key
 * has without its registration as a host: a host's session is a host's no longer than its key.
 *
 * What was decided by the asker's role holds only while the key still has it, or a session could
 * outlive the commit that took the role away and ended all others.
 */
export async function newSession(
  context: ApiContext,
  asker: AccessKey,
  session: { arn: string; role: Role | "asker's"; durationSeconds: number },
): Promise<SessionCredentials> {
  const { arn, role, durationSeconds } = session;
  const key = newAccessKey(context.randomBytes(NEW_KEY_BYTES), "ASIA");
  const token = Buffer.from(context.randomBytes(TOKEN_BYTES)).toString("base64");
  const nonce = context.randomBytes(12);
  const now = context.now();
  const expiresAt = (Math.floor(now / 1000) + durationSeconds) * 1000;
  const sourceKeyId = asker.session?.sourceKeyId ?? asker.accessKeyId;
  const row = {
    ...key,
    arn,
    createTime: now,
    session: { tokenHash: tokenHash(token), expiresAt, sourceKeyId },
  };
  await context.store.commit((tx) => {
    if (!context.keys.isActive(tx, sourceKeyId)) throw gone(sourceKeyId);
    const held = context.keys.heldRole(tx, asker.accessKeyId);
    if (held === undefined || (asker.role !== "agent" && asker.role !== held)) {
      throw gone(asker.accessKeyId);
    }
    makeRoom(context, tx, sourceKeyId, now);
    context.keys.put(tx, { ...row, role: role === "asker's" ? held : role }, nonce);
  });
  return {
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    SessionToken: token,
    Expiration: new Date(expiresAt),
  };
}

/** Sweeps sessions that ended long ago; those that ended just now only where a key has too many. */
function makeRoom({ keys }: ApiContext, tx: Tx, sourceKeyId: string, now: number): void {
  keys.sweepSessions(tx, now - KEPT_AFTER_END);
  if (keys.sessionCount(tx, sourceKeyId) < SESSIONS_MAX) return;
  keys.sweepSessions(tx, now);
  if (keys.sessionCount(tx, sourceKeyId) < SESSIONS_MAX) return;
  throw new QueryError(
    "Throttling",
    `The access key ${sourceKeyId} has ${SESSIONS_MAX} sessions, the most there may be at a time. ` +
      "Ask for shorter ones and wait until some have ended, or make the key inactive to end all.",
  );
}

/** The key that signed a request, with the role it had then; it may have been removed since. */
export function keyOfCaller(
  { keys }: ApiContext,
  { accessKeyId, role }: Pick<Caller, "accessKeyId" | "role">,
): AccessKey {
  const key = keys.find(accessKeyId);
  if (key) return { ...key, role };
  throw gone(accessKeyId);
}

function gone(accessKeyId: string): QueryError {
  const message =
    `The access key ${accessKeyId} was removed, made inactive or given another role meanwhile.`;
  return new QueryError("InvalidClientTokenId", message);
}
