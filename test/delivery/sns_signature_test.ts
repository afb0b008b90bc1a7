/** Signatures of SNS documents, checked by AWS's own validator for Node.js and by OpenSSL. @module */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import MessageValidator from "sns-validator";
import {
  confirmation,
  notification,
  signedText,
  type SnsDocument,
  type TopicPlace,
  type UnsignedDocument,
} from "../../core/delivery/sns_message.ts";
import { signDocument } from "../../core/delivery/sns_signature.ts";
import { newEnvelopeIdentity } from "../../core/api/envelope.ts";
import type { SignatureVersion, Subscription } from "../../core/domain/topic.ts";
import { makeAuthority } from "../agent/authority.ts";

const SUBSCRIPTION: Subscription = {
  id: "11111111-2222-3333-4444-555555555555",
  topic: "deployments",
  protocol: "https",
  endpoint: "https://receiver.example/hook",
  rawMessageDelivery: false,
  status: "confirmed",
  token: "0123456789abcdef",
  tokenExpires: 0,
};
const AT = Date.parse("2026-11-25T12:00:00.250Z");
const SAID = { id: "6f2a0b4e-0000-4000-8000-000000000001", at: AT };

function documents(place: TopicPlace, version: SignatureVersion): UnsignedDocument[] {
  const text = 'Zwölf "Hosts"\nund ein Zeilenende';
  return [
    notification(place, SUBSCRIPTION, version, { ...SAID, subject: "A subject", message: text }),
    notification(place, SUBSCRIPTION, version, { ...SAID, message: text }),
    confirmation(place, SUBSCRIPTION, version, { ...SAID, type: "SubscriptionConfirmation" }),
  ];
}

const identity = newEnvelopeIdentity(Date.now(), new Uint8Array(16).fill(5), "runtime topics");

test("AWS's validator takes every document, and none that was changed", async () => {
  const authority = makeAuthority("the test's own");
  const server = https.createServer(
    { cert: authority.cert, key: authority.key },
    (_, response) => response.end(identity.certificate),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo; // because it listens on a port
  https.globalAgent.options.ca = authority.ca;
  try {
    const place = {
      realm: { account: "000000000000", region: "us-east-1" },
      publicUrl: `https://127.0.0.1:${port}`,
    };
    for (const version of ["1", "2"] as const) {
      for (const document of documents(place, version)) {
        const signed = signDocument(document, identity.key);
        assert.deepEqual(await validated(signed), signed);
        await assert.rejects(validated({ ...signed, Message: `${signed.Message}!` }), /signature/);
        await assert.rejects(validated({ ...signed, TopicArn: `${signed.TopicArn}x` }));
      }
    }
  } finally {
    delete https.globalAgent.options.ca;
    await new Promise((resolve) => server.close(resolve));
  }
});

function validated(document: SnsDocument): Promise<SnsDocument> {
  const validator = new MessageValidator(/^127\.0\.0\.1(:\d+)?$/, "utf8");
  return new Promise((resolve, reject) =>
    validator.validate({ ...document }, (
      error: Error | null,
      message: SnsDocument,
    ) => error ? reject(error) : resolve(message))
  );
}

test("OpenSSL verifies every kind of document with the key of the certificate", () => {
  const directory = mkdtempSync(join(tmpdir(), "sns-"));
  const file = (name: string) => join(directory, name);
  const place = {
    realm: { account: "000000000000", region: "us-east-1" },
    publicUrl: "http://runtime.example:8080",
  };
  try {
    const publicKey = createPublicKey(identity.certificate).export({ type: "spki", format: "pem" });
    writeFileSync(file("key.pem"), publicKey);
    for (const version of ["1", "2"] as const) {
      const farewell = { ...SAID, type: "UnsubscribeConfirmation" } as const;
      const all = [
        ...documents(place, version),
        confirmation(place, SUBSCRIPTION, version, farewell),
      ];
      for (const document of all) {
        const { Signature } = signDocument(document, identity.key);
        writeFileSync(file("text"), signedText(document));
        writeFileSync(file("signature"), Signature, "base64");
        const digest = version === "1" ? "-sha1" : "-sha256";
        const files = ["-signature", file("signature"), file("text")];
        const ran = spawnSync("openssl", ["dgst", digest, "-verify", file("key.pem"), ...files]);
        assert.equal(ran.stdout.toString().trim(), "Verified OK", ran.stderr.toString());
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("the text that is signed has name and value of each member on lines of their own, sorted", () => {
  const place = {
    realm: { account: "000000000000", region: "us-east-1" },
    publicUrl: "http://runtime.example:8080",
  };
  const [withSubject] = documents(place, "1");
  assert.ok(withSubject);
  assert.equal(
    signedText({ ...withSubject, Message: "m" }),
    `Message\nm\nMessageId\n${SAID.id}\nSubject\nA subject\n` +
      "Timestamp\n2026-11-25T12:00:00.250Z\n" +
      "TopicArn\narn:aws:sns:us-east-1:000000000000:deployments\nType\nNotification\n",
  );
});
