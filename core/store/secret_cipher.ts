/**
 * Secrets of access keys, and tokens, at rest: AES-256-GCM under a key that lies outside of the store. The form is
 * nonce (12 bytes) ‖ tag (16) ‖ ciphertext.
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key is not the one that a secret was encrypted under; the message says whose secret. */
export class UnreadableSecret extends Error {
  override readonly name = "UnreadableSecret";
}

/** `key` is 32 bytes, `nonce` 12 random ones that are never used twice. */
export function encryptSecret(
  secret: string,
  under: { key: Uint8Array; id: string; nonce: Uint8Array },
): Buffer {
  const { key, id, nonce } = under;
  if (nonce.length !== NONCE_BYTES) throw new RangeError("a secret needs a nonce of 12 bytes");
  const cipher = createCipheriv(CIPHER, key, nonce);
  // Bound to its id: a row's secret moved to another row does not decrypt.
  cipher.setAAD(Buffer.from(id));
  const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** Throws UnreadableSecret when the key is not the one that the secret was encrypted under. */
export function decryptSecret(
  stored: Uint8Array,
  { key, id }: { key: Uint8Array; id: string },
): string {
  const nonce = stored.subarray(0, NONCE_BYTES);
  const tag = stored.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const text = stored.subarray(NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(id));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(text), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new UnreadableSecret(
      `the secret of ${id} cannot be decrypted: the key file in the data ` +
        `directory is not the one the store was written with`,
      { cause },
    );
  }
}
