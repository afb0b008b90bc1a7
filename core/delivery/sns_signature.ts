/**
 * Signs SNS documents: RSA with SHA-1 for signature version 1, with SHA-256 for version 2 (SNS
 * developer guide, "Verifying the signatures of Amazon SNS messages").
 * @module
 */
import { createSign } from "node:crypto";
import type { SignatureVersion } from "../domain/topic.ts";
import { signedText, type SnsDocument, type UnsignedDocument } from "./sns_message.ts";

const ALGORITHM: Readonly<Record<SignatureVersion, string>> = {
  "1": "RSA-SHA1",
  "2": "RSA-SHA256",
};

/** The document with its signature; `key` is an RSA private key in PEM. */
export function signDocument(document: UnsignedDocument, key: string): SnsDocument {
  const signer = createSign(ALGORITHM[document.SignatureVersion]);
  signer.update(signedText(document), "utf8");
  return { ...document, Signature: signer.sign(key, "base64") };
}
