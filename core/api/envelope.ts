/**
 * The envelope AWS's own agent takes a deployment specification in: PKCS#7 signed data as PEM, the
 * content attached and the signer's certificate included (spec 12.3, trap 44). The agent checks the
 * signature against the certificate inside; our own agent takes orders signed by a key it pinned.
 * @module
 */
import { generateKeyPairSync } from "node:crypto";
// @ts-types="npm:@types/node-forge@1.3.14"
import forge from "node-forge";

/** An RSA key and a certificate of its own, both PEM. */
export interface EnvelopeIdentity {
  key: string;
  certificate: string;
}

const YEARS_VALID = 30;

/** Makes the key and its self-signed certificate; `now` in milliseconds. */
export function newEnvelopeIdentity(
  now: number,
  serial: Uint8Array,
  commonName = "runtime deployment specifications",
): EnvelopeIdentity {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const certificate = forge.pki.createCertificate();
  const privatePem = forge.pki.privateKeyFromPem(key);
  certificate.publicKey = forge.pki.setRsaPublicKey(privatePem.n, privatePem.e);
  // A leading zero keeps the number positive.
  certificate.serialNumber = `00${forge.util.bytesToHex(forge.util.binary.raw.encode(serial))}`;
  certificate.validity.notBefore = new Date(now - 86_400_000);
  certificate.validity.notAfter = new Date(now + YEARS_VALID * 365 * 86_400_000);
  const name = [{ name: "commonName", value: commonName }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.sign(privatePem, forge.md.sha256.create());
  return { key, certificate: forge.pki.certificateToPem(certificate) };
}

/** The text in its envelope, PEM. */
export function seal(text: string, { key, certificate }: EnvelopeIdentity, now: number): string {
  const signed = forge.pkcs7.createSignedData();
  signed.content = forge.util.createBuffer(text, "utf8");
  signed.addCertificate(certificate);
  signed.addSigner({
    key,
    certificate,
    digestAlgorithm: forge.pki.oids["sha256"] ?? "",
    authenticatedAttributes: [
      { type: forge.pki.oids["contentType"] ?? "", value: forge.pki.oids["data"] ?? "" },
      { type: forge.pki.oids["messageDigest"] ?? "" },
      // because the library takes a Date here, which its types leave out
      { type: forge.pki.oids["signingTime"] ?? "", value: new Date(now) as unknown as string },
    ],
  });
  signed.sign();
  return forge.pkcs7.messageToPem(signed);
}
