/**
 * The RSA key that signs messages of topics and its self-signed certificate, in `topics.pem` of the
 * data directory. Made when they are first needed: it takes a moment, and many servers publish
 * nothing. Receivers fetch the certificate from the server, so that a new one is no break for them.
 * @module
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataDirectoryError } from "../store/database.ts";
import { writeSecret } from "./keys.ts";

/** Both in PEM. */
export interface TopicIdentity {
  key: string;
  certificate: string;
}

const CERTIFICATE = "-----BEGIN CERTIFICATE-----";

/** Answers the function that reads the key and certificate, or makes them, once. */
export function topicIdentity(directory: string, now: () => number): () => Promise<TopicIdentity> {
  let identity: Promise<TopicIdentity> | undefined;
  return () => {
    identity ??= readOrMake(join(directory, "topics.pem"), now).catch((error: unknown) => {
      identity = undefined;
      throw error;
    });
    return identity;
  };
}

async function readOrMake(file: string, now: () => number): Promise<TopicIdentity> {
  if (existsSync(file)) return stored(file);
  const { newEnvelopeIdentity } = await import("../api/envelope.ts");
  const made = newEnvelopeIdentity(now(), randomBytes(16), "runtime topics");
  writeSecret(file, made.key + made.certificate);
  return made;
}

function stored(file: string): TopicIdentity {
  const text = readFileSync(file, "utf8");
  const at = text.indexOf(CERTIFICATE);
  if (at > 0) return { key: text.slice(0, at), certificate: text.slice(at) };
  throw new DataDirectoryError(
    `the key file ${file} cannot be read: it has no certificate. Restore it from a backup, or ` +
      `delete it: another one is made, and receivers fetch its certificate by themselves.`,
  );
}
