/**
 * The two keys of a server, files of mode 0600 in its data directory, made at the first start:
 * `order.key` (Ed25519) signs the orders that agents carry out, `secrets.key` (32 bytes) encrypts
 * the secret access keys in the store. Without them the store alone gives nothing away.
 * @module
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DataDirectoryError } from "../store/database.ts";

export interface ServerKeys {
  orderKey: KeyObject;
  /** SPKI in PEM; what an agent pins when it joins. */
  orderPublicKey: string;
  secretsKey: Uint8Array;
}

/** Reads the keys, or makes them; a damaged file is refused by name, never replaced. */
export function loadKeys(directory: string): ServerKeys {
  const orderFile = join(directory, "order.key");
  const secretsFile = join(directory, "secrets.key");
  if (!existsSync(orderFile)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeSecret(orderFile, privateKey.export({ type: "pkcs8", format: "pem" }));
  }
  if (!existsSync(secretsFile)) writeSecret(secretsFile, randomBytes(32));
  const secretsKey = new Uint8Array(readFileSync(secretsFile));
  if (secretsKey.length !== 32) throw damaged(secretsFile, "it must hold 32 bytes");
  const orderKey = readOrderKey(orderFile);
  const orderPublicKey = createPublicKey(orderKey).export({ type: "spki", format: "pem" });
  return { orderKey, orderPublicKey: orderPublicKey.toString(), secretsKey };
}

function readOrderKey(file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch (cause) {
    throw damaged(file, cause instanceof Error ? cause.message : String(cause));
  }
  if (key.asymmetricKeyType !== "ed25519") throw damaged(file, "it is not an Ed25519 key");
  return key;
}

/** Written whole or not at all: a crash must not leave half a key. */
export function writeSecret(file: string, content: string | Uint8Array): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function damaged(file: string, reason: string): DataDirectoryError {
  return new DataDirectoryError(
    `the key file ${file} cannot be read (${reason}). Restore it from a backup; without it the ` +
      `hosts that joined this server do not trust it.`,
  );
}
