/** Trap 44: whose deployment specifications our agent follows where a server does not sign orders. @module */
import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";
// @ts-types="npm:@types/node-forge@1.3.14"
import forge from "node-forge";
import { openEnvelope, SpecificationRefused } from "../../core/agent/signed_specification.ts";
import { parseSpecification } from "../../core/agent/stock_specification.ts";
import { seal } from "../../core/api/envelope.ts";

const NOW = Date.UTC(2026, 10, 25);
const DAY = 86_400_000;
const TEXT = '{"what":"Grüße"}';

interface Party {
  key: string;
  certificate: string;
}

let serial = 0;

/** A certificate of a new key, issued by itself or by another; times in days from now. */
function party(
  name: string,
  { issuer, ca = false, from = -1, to = 1 }: {
    issuer?: Party;
    ca?: boolean;
    from?: number;
    to?: number;
  } = {},
): Party {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const own = forge.pki.privateKeyFromPem(key);
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.setRsaPublicKey(own.n, own.e);
  made.serialNumber = `0${++serial}`;
  made.validity.notBefore = new Date(NOW + from * DAY);
  made.validity.notAfter = new Date(NOW + to * DAY);
  const subject = [{ name: "commonName", value: name }];
  made.setSubject(subject);
  made.setIssuer(
    issuer ? forge.pki.certificateFromPem(issuer.certificate).subject.attributes : subject,
  );
  made.setExtensions([{ name: "basicConstraints", cA: ca }]);
  made.sign(issuer ? forge.pki.privateKeyFromPem(issuer.key) : own, forge.md.sha256.create());
  return { key, certificate: forge.pki.certificateToPem(made) };
}

const root = party("root", { ca: true });
const middle = party("middle", { ca: true, issuer: root });
const leaf = party("leaf", { issuer: root });
const own = party("own");
const stranger = party("stranger");
const early = party("early", { from: 1, to: 2 });

/** An envelope of several signers or certificates, or with another digest. */
function envelope(
  signers: Party[],
  { certificates = signers, digest = "sha256", attributes = true } = {},
): string {
  const signed = forge.pkcs7.createSignedData();
  signed.content = forge.util.createBuffer(TEXT, "utf8");
  for (const { certificate } of certificates) signed.addCertificate(certificate);
  for (const { key, certificate } of signers) {
    signed.addSigner({
      key,
      certificate,
      digestAlgorithm: forge.pki.oids[digest] ?? "",
      authenticatedAttributes: attributes
        ? [
          { type: forge.pki.oids["contentType"] ?? "", value: forge.pki.oids["data"] ?? "" },
          { type: forge.pki.oids["messageDigest"] ?? "" },
        ]
        : [],
    });
  }
  signed.sign();
  return forge.pkcs7.messageToPem(signed);
}

const pins = (...parties: Party[]) => parties.map((one) => new X509Certificate(one.certificate));

const good: [row: string, pem: string, pinned: X509Certificate[]][] = [
  ["by the pinned certificate", seal(TEXT, own, NOW), pins(own)],
  ["by one of two pinned certificates", seal(TEXT, own, NOW), pins(stranger, own)],
  ["by a certificate that the pinned authority issued", seal(TEXT, leaf, NOW), pins(root)],
  [
    "down a chain whose middle is sent along",
    (() => {
      const below = party("below", { issuer: middle });
      return envelope([below], { certificates: [below, middle] });
    })(),
    pins(root),
  ],
  ["without its certificate", envelope([own], { certificates: [] }), pins(own)],
  ["over the text itself", envelope([own], { attributes: false }), pins(own)],
  ["with SHA-512", envelope([own], { digest: "sha512" }), pins(own)],
];
for (const [row, pem, pinned] of good) {
  test(`trap 44: a specification signed ${row} is followed`, () => {
    assert.equal(openEnvelope(pem, pinned, NOW), TEXT);
  });
}

/** The envelope's bytes with one text in the place of another of the same length. */
function swapped(pem: string, find: string, replace: string): string {
  const [message] = forge.pem.decode(pem);
  if (!message?.body.includes(find)) throw new Error(`${find} is not in the envelope`);
  assert.equal(find.length, replace.length);
  const body = message.body.replace(find, replace);
  return forge.pem.encode({ ...message, body });
}

const bad: [row: string, pem: string, pinned: X509Certificate[], why: RegExp][] = [
  ["signed by a stranger", seal(TEXT, stranger, NOW), pins(own), /neither a pinned/],
  ["signed by a stranger of the same name", seal(TEXT, party("own"), NOW), pins(own), /neither/],
  [
    "issued by one that is no authority",
    seal(TEXT, party("x", { issuer: own }), NOW),
    pins(own),
    /neither/,
  ],
  ["signed by an expired certificate", seal(TEXT, own, NOW), pins(own), /neither/],
  [
    "signed before the certificate is valid",
    envelope([early]),
    pins(early),
    /neither/,
  ],
  [
    "with a changed text",
    swapped(seal(TEXT, own, NOW), "what", "whom"),
    pins(own),
    /digest differs/,
  ],
  [
    "with a changed text and no attributes",
    swapped(envelope([own], { attributes: false }), "what", "whom"),
    pins(own),
    /signature is not that/,
  ],
  [
    "with a stranger's signature under the pinned certificate",
    envelope([{ key: stranger.key, certificate: own.certificate }]),
    pins(own),
    /signature is not that/,
  ],
  ["signed by two", envelope([own, stranger]), pins(own), /2 signers/],
  ["signed by nobody", envelope([], { certificates: [own] }), pins(own), /0 signers|missing/],
  ["with SHA-1", envelope([own], { digest: "sha1" }), pins(own), /not SHA-256/],
  ["without an envelope", TEXT, pins(own), /PKCS#7/],
  ["that is a certificate", own.certificate, pins(own), /PKCS#7/],
];
for (const [row, pem, pinned, why] of bad) {
  test(`trap 44: a specification ${row} is refused`, () => {
    const now = row.includes("expired") ? NOW + 2 * DAY : NOW;
    assert.throws(() => openEnvelope(pem, pinned, now), (error) => {
      assert.ok(error instanceof SpecificationRefused);
      assert.match(error.message, why);
      return true;
    });
  });
}

const SPECIFICATION = {
  DeploymentId: "arn:aws:codedeploy:us-east-1:1:deployment/d-1",
  DeploymentGroupId: "g-1",
  DeploymentGroupName: "prod",
  ApplicationName: "shop",
  Revision: {
    RevisionType: "S3",
    S3Revision: { Bucket: "b", Key: "k", BundleType: "zip" },
  },
};

test("spec 12.3: what may be left out has the defaults of AWS's agent", () => {
  const parsed = parseSpecification(JSON.stringify(SPECIFICATION));
  assert.equal(parsed.DeploymentId, "d-1");
  assert.equal(parsed.DeploymentCreator, "user");
  assert.equal(parsed.DeploymentType, "IN_PLACE");
  assert.equal(parsed.AppSpecFilename, "appspec.yml");
  assert.deepEqual(parsed.AgentActionOverrides, {
    AgentOverrides: { FileExistsBehavior: "DISALLOW" },
  });
});

const { Revision } = SPECIFICATION;
const s3 = (changes: object) => ({
  ...Revision,
  S3Revision: { ...Revision.S3Revision, ...changes },
});
const incomplete: [changes: object, message: string][] = [
  [{ DeploymentId: "" }, "Deployment Spec has no DeploymentId"],
  [{ DeploymentGroupId: undefined }, "Deployment Spec has no DeploymentGroupId"],
  [{ DeploymentGroupName: "" }, "Deployment Spec has no DeploymentGroupName"],
  [{ ApplicationName: undefined }, "Deployment Spec has no ApplicationName"],
  [{ Revision: undefined }, "Must specify a revison"],
  [{ Revision: {} }, "Must specify a revision source"],
  [
    { Revision: s3({ Bucket: undefined }) },
    "S3Revision in Deployment Spec must specify Bucket, Key and BundleType",
  ],
  [{ Revision: s3({ BundleType: "rar" }) }, "BundleType in S3Revision must be tar, tgz or zip"],
];
for (const [changes, message] of incomplete) {
  test(`spec 12.3: ${JSON.stringify(changes)} is "${message}"`, () => {
    const text = JSON.stringify({ ...SPECIFICATION, ...changes });
    assert.throws(() => parseSpecification(text), { name: "SpecificationRefused", message });
  });
}
