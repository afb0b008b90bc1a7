/**
 * The keys of a session: a file that somebody else writes anew before they expire (spec 11.1). It is
 * read again after half an hour, as CodeDeploy's agent does, and as soon as the file is another one.
 * @module
 */
import { type BigIntStats, promises } from "node:fs";
import { z } from "zod";
import type { Credentials } from "../wire/sigv4.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import { log } from "./log.ts";

/** Milliseconds for which credentials are used before the file is read again. */
const REREAD_AFTER = 30 * 60_000;

const text = z.string().min(1);
/** When the keys expire, by the names that tools give it; without one, nobody knows. */
const EXPIRY_KEYS = [
  "expiration",
  "aws_expiration",
  "aws_session_expiration",
  "x_security_token_expires",
] as const;
const Profile = z.object({
  default: z.looseObject({
    aws_access_key_id: text,
    aws_secret_access_key: text,
    aws_session_token: text.optional(),
  }, "the section [default] is missing"),
});

interface Reading {
  credentials: Credentials;
  /** Milliseconds since the epoch. */
  expires: number | undefined;
}

/** The file's credentials; reads it once now. Throws AgentFailure when there are none at all. */
export async function sessionCredentials(
  file: string,
  now: () => number = Date.now,
): Promise<() => Promise<Credentials>> {
  let mark: string | undefined;
  let last: Reading;
  try {
    mark = await markOf(file);
    last = await readProfile(file);
  } catch (cause) {
    throw unusable(file, cause);
  }
  warnIfExpired(file, last, now());
  let readAt = now();

  async function look(): Promise<void> {
    // Before the read: a write that falls between the two is seen at the next use.
    const seen = await markOf(file);
    if (seen !== undefined && seen === mark && now() - readAt < REREAD_AFTER) return;
    const found = await readProfile(file);
    [mark, readAt] = [seen, now()];
    if (isExpired(found, now()) && (last.expires ?? Infinity) > (found.expires ?? 0)) {
      log.warn("{file} holds expired keys; the last good ones stay in use", { file });
      return;
    }
    warnIfExpired(file, found, now());
    last = found;
  }

  let trouble = "";
  return async () => {
    try {
      await look();
      trouble = "";
    } catch (error) {
      // Half written or gone for a moment: the next use looks again. Each trouble is told once.
      const why = error instanceof Error ? error.message : String(error);
      if (why !== trouble) {
        log.warn("{file} cannot be used, the last good keys stay in use: {why}", { file, why });
      }
      trouble = why;
    }
    return last.credentials;
  };
}

/** Milliseconds in which two writes may bear the same time, on the coarsest of file systems. */
const SAME_TIME = 2_000;

/**
 * Another file, or the same one written again: inode, times and size differ. Nothing is known of one
 * that was written just now, as the next write could look the same.
 */
async function markOf(file: string): Promise<string | undefined> {
  const { ino, mtimeNs, ctimeMs, ctimeNs, size }: BigIntStats = await promises.stat(file, {
    bigint: true,
  });
  if (Date.now() - Number(ctimeMs) < SAME_TIME) return undefined;
  return [ino, mtimeNs, ctimeNs, size].join(" ");
}

async function readProfile(file: string): Promise<Reading> {
  const content = await promises.readFile(file, "utf8");
  // @ts-types="npm:@types/ini@4.1.1"
  const { parse } = await import("ini");
  const profile = Profile.safeParse(parse(content));
  if (!profile.success) {
    const [issue] = profile.error.issues;
    const [section, key] = issue?.path ?? [];
    throw new Error(
      key === undefined ? issue?.message : `[${String(section)}] has no ${String(key)}`,
    );
  }
  const keys = profile.data.default;
  const expiry = EXPIRY_KEYS.map((key) => Date.parse(String(keys[key]))).find(Number.isFinite);
  return {
    expires: expiry,
    credentials: {
      accessKeyId: keys.aws_access_key_id,
      secretAccessKey: keys.aws_secret_access_key,
      ...(keys.aws_session_token !== undefined && { sessionToken: keys.aws_session_token }),
    },
  };
}

function isExpired({ expires }: Reading, now: number): boolean {
  return expires !== undefined && expires <= now;
}

function warnIfExpired(file: string, reading: Reading, now: number): void {
  if (isExpired(reading, now)) log.warn("the keys in {file} have expired", { file });
}

function unusable(file: string, cause: unknown): AgentFailure {
  return new AgentFailure({
    exitCode: EXIT.usage,
    cause: `The session's credentials file ${file} cannot be used`,
    evidence: cause instanceof Error ? cause.message : String(cause),
    state: "the agent has not started",
    next: "write [default] with aws_access_key_id, aws_secret_access_key and aws_session_token " +
      "into it, or correct aws_credentials_file in the on-premises file",
  }, { cause });
}
