/**
 * The RSA key and certificate under the specifications that AWS's own agent gets, in `envelope.pem` of
 * the data directory. Made when the first such agent asks: it takes a moment, and most servers have
 * none. The certificate proves nothing to that agent (spec 12.3), so that it may be made anew.
 * @module
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EnvelopeIdentity } from "../api/envelope.ts";
import { writeSecret } from "./keys.ts";

/** Sealed specifications kept: all hosts and events of a deployment get the same one. */
const KEPT = 64;

/** Answers the function that puts a text into its envelope. */
export function sealer(directory: string, now: () => number): (text: string) => Promise<string> {
  const sealed = new Map<string, string>();
  let identity: EnvelopeIdentity | undefined;
  return async (text) => {
    const known = sealed.get(text);
    if (known !== undefined) return known;
    const { newEnvelopeIdentity, seal } = await import("../api/envelope.ts");
    identity ??= stored(directory) ?? newEnvelopeIdentity(now(), randomBytes(16));
    if (!existsSync(fileIn(directory))) {
      writeSecret(fileIn(directory), identity.key + identity.certificate);
    }
    const envelope = seal(text, identity, now());
    if (sealed.size >= KEPT) sealed.clear();
    sealed.set(text, envelope);
    return envelope;
  };
}

function stored(directory: string): EnvelopeIdentity | undefined {
  if (!existsSync(fileIn(directory))) return undefined;
  const text = readFileSync(fileIn(directory), "utf8");
  const at = text.indexOf("-----BEGIN CERTIFICATE-----");
  return at > 0 ? { key: text.slice(0, at), certificate: text.slice(at) } : undefined;
}

function fileIn(directory: string): string {
  return join(directory, "envelope.pem");
}
