/** An authority of the test's own and a certificate it signs for names and for 127.0.0.1. @module */
import { generateKeyPairSync } from "node:crypto";
// @ts-types="npm:@types/node-forge@1.3.14"
import forge from "node-forge";

export interface Authority {
  /** Its own certificate, in PEM. */
  ca: string;
  /** What a server shows, in PEM. */
  cert: string;
  key: string;
  /** Another certificate of the same key, which ended yesterday. */
  expired: string;
}

const DAY = 24 * 3_600_000;

/** `names` are those the certificate stands for, wildcards among them. */
export function makeAuthority(name: string, names: readonly string[] = ["localhost"]): Authority {
  const [root, server] = [keyPair(), keyPair()];
  const issuer = [{ name: "commonName", value: name }];
  const ca = certificate({ subject: issuer, issuer, of: root, by: root, ends: DAY }, [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
  ]);
  const subject = [{ name: "commonName", value: "localhost" }];
  const sign = (ends: number) =>
    certificate({ subject, issuer, of: server, by: root, ends }, [
      { name: "basicConstraints", cA: false },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...names.map((value) => ({ type: 2, value })),
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ]);
  return { ca, cert: sign(DAY), expired: sign(-DAY), key: server.pem };
}

interface KeyPair {
  pem: string;
  publicKey: forge.pki.rsa.PublicKey;
  privateKey: forge.pki.rsa.PrivateKey;
}

/** Made by node, which is faster by far. */
function keyPair(): KeyPair {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const key = forge.pki.privateKeyFromPem(pem);
  return { pem, privateKey: key, publicKey: forge.pki.setRsaPublicKey(key.n, key.e) };
}

function certificate(
  { subject, issuer, of, by, ends }: {
    subject: forge.pki.CertificateField[];
    issuer: forge.pki.CertificateField[];
    of: KeyPair;
    by: KeyPair;
    /** Milliseconds from now. */
    ends: number;
  },
  extensions: object[],
): string {
  const made = forge.pki.createCertificate();
  made.publicKey = of.publicKey;
  made.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(8))}`;
  made.validity.notBefore = new Date(Date.now() - 2 * DAY);
  made.validity.notAfter = new Date(Date.now() + ends);
  made.setSubject(subject);
  made.setIssuer(issuer);
  made.setExtensions(extensions);
  made.sign(by.privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(made);
}
