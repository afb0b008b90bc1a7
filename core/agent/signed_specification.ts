/**
 * A deployment specification as a server without our additions sends it: PKCS#7 signed data with the
 * text inside (spec 12.3). AWS's own agent takes any signer; here the signer's certificate must be one
 * that the configuration pins, or be issued by one (trap 44). Loaded with the first such command.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, verify, X509Certificate } from "node:crypto";
// @ts-types="npm:@types/node-forge@1.3.14"
import forge from "node-forge";

/** A specification that must not be followed; `message` says why in a sentence. */
export class SpecificationRefused extends Error {
  override readonly name = "SpecificationRefused";
}

type Asn1 = forge.asn1.Asn1;

const OID = {
  signedData: "1.2.840.113549.1.7.2",
  data: "1.2.840.113549.1.7.1",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
};

/** SHA-1 and MD5 are not among them: whoever can make two texts of one digest could swap them. */
const DIGESTS: Readonly<Record<string, string>> = {
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

/** The signature algorithms that `verify` takes by the digest's name alone: RSA (PKCS #1), ECDSA. */
const SIGNATURES: ReadonlySet<string> = new Set([
  "1.2.840.113549.1.1.1",
  "1.2.840.113549.1.1.11",
  "1.2.840.113549.1.1.12",
  "1.2.840.113549.1.1.13",
  "1.2.840.10045.2.1",
  "1.2.840.10045.4.3.2",
  "1.2.840.10045.4.3.3",
  "1.2.840.10045.4.3.4",
]);

/** Certificates between the signer's and a pinned one. */
const LONGEST_CHAIN = 4;

/** What was signed, by whom, and how. */
interface SignedText {
  content: Buffer;
  digest: string;
  /** The bytes under the signature, and the digest of the content that they name. */
  signed: Buffer;
  messageDigest?: Buffer;
  signature: Buffer;
  certificates: X509Certificate[];
}

/**
 * The text inside an envelope, PEM. Throws SpecificationRefused unless a pinned certificate, or one
 * that a pinned authority issued, signed exactly this text; `now` in milliseconds since the epoch.
 */
export function openEnvelope(
  pem: string,
  pinned: readonly X509Certificate[],
  now: number,
): string {
  const parts = signedText(pem);
  const { content, digest, messageDigest, certificates } = parts;
  if (messageDigest && !createHash(digest).update(content).digest().equals(messageDigest)) {
    throw new SpecificationRefused("the text is not the one that was signed: its digest differs");
  }
  // Whoever leaves the certificate out can only mean the pinned one.
  const possible = certificates.length > 0 ? certificates : pinned;
  const trusted = possible.filter((one) => isTrusted(one, { pinned, between: certificates, now }));
  if (trusted.length === 0) {
    const who = certificates.map(({ subject }) => subject.replaceAll("\n", ", ")).join("; ");
    throw new SpecificationRefused(
      `the signer is neither a pinned certificate nor issued by one: ${who || "none was sent"}`,
    );
  }
  if (!trusted.some((one) => verify(digest, parts.signed, one.publicKey, parts.signature))) {
    throw new SpecificationRefused("the signature is not that of the pinned signer");
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(content);
}

interface Trust {
  pinned: readonly X509Certificate[];
  between: readonly X509Certificate[];
  now: number;
}

/** Whether a certificate is valid now and pinned, or issued down from a pinned authority. */
function isTrusted(certificate: X509Certificate, trust: Trust, depth = 0): boolean {
  const { pinned, between, now } = trust;
  const { validFrom, validTo } = certificate;
  if (now < Date.parse(validFrom) || now > Date.parse(validTo)) return false;
  if (pinned.some(({ raw }) => raw.equals(certificate.raw))) return true;
  if (depth >= LONGEST_CHAIN) return false;
  return [...pinned, ...between].some((issuer) =>
    issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey) &&
    isTrusted(issuer, trust, depth + 1)
  );
}

/** Takes signed data apart. Throws SpecificationRefused for anything that is not one signed text. */
function signedText(pem: string): SignedText {
  try {
    return parts(pem);
  } catch (cause) {
    if (cause instanceof SpecificationRefused) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SpecificationRefused(`not PKCS#7 signed data in PEM: ${why}`, { cause });
  }
}

function parts(pem: string): SignedText {
  const [message, ...rest] = forge.pem.decode(pem);
  if (!message || rest.length > 0) throw new Error(`${rest.length + 1} PEM blocks instead of one`);
  const outer = children(forge.asn1.fromDer(message.body));
  expect(oid(outer[0]), OID.signedData, "the content type");
  const data = children(children(outer[1])[0]);
  const encapsulated = children(data[2]);
  expect(oid(encapsulated[0]), OID.data, "the type of the signed content");
  if (!encapsulated[1]) throw new Error("the content is not inside");
  const certificates = data.find((one) => isTagged(one, 0));
  const signers = children(data.at(-1));
  const [signer, ...others] = signers;
  if (!signer || others.length > 0) throw new Error(`${signers.length} signers instead of one`);
  const content = octets(children(encapsulated[1])[0]);
  return {
    content,
    ...signerParts(children(signer), content),
    certificates: (certificates ? children(certificates) : []).map((one) =>
      new X509Certificate(derOf(one))
    ),
  };
}

function signerParts(
  signer: Asn1[],
  content: Buffer,
): Pick<SignedText, "digest" | "signed" | "messageDigest" | "signature"> {
  const name = oid(children(signer[2])[0]);
  const digest = DIGESTS[name];
  if (digest === undefined) {
    throw new Error(`the digest ${name} is not SHA-256, SHA-384 or SHA-512`);
  }
  const attributes = signer[3] && isTagged(signer[3], 0) ? signer[3] : undefined;
  const [algorithm, value] = signer.slice(attributes ? 4 : 3);
  const signing = oid(children(algorithm)[0]);
  if (!SIGNATURES.has(signing)) throw new Error(`the signature algorithm ${signing} is not known`);
  const signature = octets(value);
  if (!attributes) return { digest, signed: content, signature };
  expect(oid(attribute(attributes, OID.contentType)), OID.data, "the signed content type");
  return {
    digest,
    signed: signedAttributes(attributes),
    messageDigest: octets(attribute(attributes, OID.messageDigest)),
    signature,
  };
}

/** The signature is over the attributes as a SET, not under the tag they are sent with. */
function signedAttributes(attributes: Asn1): Buffer {
  const { Class, Type, create } = forge.asn1;
  return derOf(create(Class.UNIVERSAL, Type.SET, true, children(attributes)));
}

/** The one value of an attribute. */
function attribute(attributes: Asn1, type: string): Asn1 {
  const [found, ...more] = children(attributes).map(children).filter(([one]) => oid(one) === type);
  const values = children(found?.[1]);
  if (more.length > 0 || values.length !== 1) throw new Error(`not one attribute ${type}`);
  return values[0] as Asn1; // because the line above counted it
}

function children(node: Asn1 | undefined): Asn1[] {
  if (!node || !Array.isArray(node.value)) throw new Error("a part is missing");
  return node.value;
}

function octets(node: Asn1 | undefined): Buffer {
  if (!node) throw new Error("a part is missing");
  // A long text may come in pieces.
  if (Array.isArray(node.value)) return Buffer.concat(node.value.map(octets));
  return Buffer.from(node.value, "latin1");
}

function oid(node: Asn1 | undefined): string {
  if (typeof node?.value !== "string" || node.type !== forge.asn1.Type.OID) {
    throw new Error("an object identifier is missing");
  }
  return forge.asn1.derToOid(node.value);
}

function isTagged(node: Asn1, tag: number): boolean {
  return node.tagClass === forge.asn1.Class.CONTEXT_SPECIFIC && Number(node.type) === tag;
}

function derOf(node: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), "latin1");
}

function expect(found: string, wanted: string, what: string): void {
  if (found !== wanted) throw new Error(`${what} is ${found} instead of ${wanted}`);
}
