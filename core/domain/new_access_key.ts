/** Access keys in the form AWS gives them, so that clients that check the form take them. @module */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Random bytes that a new key is made of. */
export const NEW_KEY_BYTES = 46;

/**
 * A prefix and 16 of A-Z 2-7, and a secret of 40 characters of base64, from NEW_KEY_BYTES bytes.
 * `AKIA` is the prefix of lasting keys, `ASIA` that of sessions'.
 */
export function newAccessKey(
  random: Uint8Array,
  prefix: "AKIA" | "ASIA" = "AKIA",
): { accessKeyId: string; secretAccessKey: string } {
  if (random.length < NEW_KEY_BYTES) throw new RangeError("a new key needs 46 random bytes");
  let accessKeyId: string = prefix;
  for (const byte of random.subarray(0, 16)) accessKeyId += ALPHABET[byte % ALPHABET.length];
  const secretAccessKey = btoa(String.fromCharCode(...random.subarray(16, NEW_KEY_BYTES)));
  return { accessKeyId, secretAccessKey };
}
