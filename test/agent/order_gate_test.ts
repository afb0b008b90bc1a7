/** Law 7: which orders an agent does not carry out, and whom it tells. @module */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CLOCK_SKEW, judgeOrder } from "../../core/agent/order_gate.ts";
import { JournalState } from "../../core/agent/journal_record.ts";
import { openLog } from "../../core/agent/log.ts";
import type { Order, RefusalReason, SignedOrder } from "../../core/wire/agent_protocol.ts";
import { signOrder } from "../../core/wire/order_signature.ts";
import { hostArn } from "./command_server.ts";
import { onStage, order, type Stage, until } from "./stage.ts";

const stranger = generateKeyPairSync("ed25519").privateKey;
const DIGEST = "a".repeat(64);

/** An order with a bundle's digest. */
function withDigest(): Order {
  const made = order();
  const { Revision } = made.specification;
  assert.equal(Revision.RevisionType, "S3");
  const S3Revision = { ...(Revision.RevisionType === "S3" && Revision.S3Revision) };
  const specification = {
    ...made.specification,
    Revision: { RevisionType: "S3", S3Revision: { ...S3Revision, SHA256: DIGEST, Size: 1 } },
  } as Order["specification"]; // because the digest is all that was added to a sound one
  return { ...made, specification };
}

/** A sound order's text, changed after it was signed. */
function changed(find: string | RegExp, replace: string) {
  return ({ server }: Stage, good: Order): SignedOrder => {
    const signed = signOrder(good, server.key);
    const Payload = signed.Payload.replace(find, replace);
    assert.notEqual(Payload, signed.Payload);
    return { ...signed, Payload };
  };
}

/** Signed by the server as it is, whatever it says. */
function text(payload: string) {
  return ({ server }: Stage, good: Order): SignedOrder => {
    const { Signature } = signOrder(JSON.parse(payload), server.key);
    assert.equal(payload, JSON.stringify(JSON.parse(payload)));
    return { ...signOrder(good, server.key), Payload: payload, Signature };
  };
}

type Bad = (stage: Stage, good: Order) => unknown;

const bad: [what: string, reason: RefusalReason, make: Bad][] = [
  [
    "of another host",
    "other-host",
    ({ server }, good) => signOrder({ ...good, hostIdentifier: hostArn("web-02") }, server.key),
  ],
  ["replayed", "replayed", ({ server }, good) => signOrder({ ...good, nonce: 0 }, server.key)],
  [
    "expired",
    "expired",
    ({ server }, good) =>
      signOrder({ ...good, expiresAt: Date.now() - CLOCK_SKEW - 1_000 }, server.key),
  ],
  [
    "that names no end",
    "expired",
    ({ server }, { expiresAt: _, ...good }) => signOrder(good as Order, server.key),
  ], // because the member is what is missing
  ["without a signature", "unsigned", ({ server }, good) => {
    const { Signature: _, ...unsigned } = signOrder(good, server.key);
    return unsigned;
  }],
  ["with an empty signature", "unsigned", ({ server }, good) => ({
    ...signOrder(good, server.key),
    Signature: "",
  })],
  ["that is missing beside its command", "unsigned", () => undefined],
  ["signed by another key", "bad-signature", (_, good) => signOrder(good, stranger)],
  ["with half a signature", "bad-signature", ({ server }, good) => {
    const signed = signOrder(good, server.key);
    return { ...signed, Signature: signed.Signature.slice(0, 40) };
  }],
  ["with its host tampered", "bad-signature", changed("user/AWS", "user/AWZ")],
  [
    "with its deployment tampered",
    "bad-signature",
    changed(/"DeploymentId":"d-/, '"DeploymentId":"e-'),
  ],
  ["with its number tampered", "bad-signature", changed('"nonce":', '"nonce":1')],
  ["with its end tampered", "bad-signature", changed('"expiresAt":', '"expiresAt":9')],
  ["with its bundle's SHA-256 tampered", "bad-signature", changed(DIGEST, "b".repeat(64))],
  ["that is a number", "malformed", () => 7],
  ["in another format", "malformed", ({ server }, good) => ({
    ...signOrder(good, server.key),
    Format: "none",
  })],
  ["that is signed and no order", "malformed", text('{"commandId":"d-1/web-01"}')],
  ["that is signed and no object", "malformed", text('"run everything"')],
];

for (const [what, reason, make] of bad) {
  test(`law 7: an order ${what} is not run; log and server say ${reason}`, async () => {
    await onStage(async (stage) => {
      const logs = join(stage.folder, "logs");
      const closeLog = await openLog(logs);
      try {
        await stage.script("ApplicationStop", "echo $DEPLOYMENT_ID >>$RAN");
        await stage.start();
        const refused = withDigest();
        stage.server.handOut(refused, make(stage, refused));
        await until(() => stage.server.refusals.length > 0, "the refusal");
        const good = order();
        stage.server.give(good);
        await stage.end(good.commandId);
        const [told] = stage.server.refusals;
        assert.equal(told?.Reason, reason);
        assert.equal(told?.HostCommandIdentifier, refused.commandId);
        assert.deepEqual(stage.lines(), [good.specification.DeploymentId]);
        const journal = stage.journal().filter(({ kind }) => kind === "order");
        assert.equal(journal.length, 1, "only the sound order is in the journal");
        const log = readFileSync(join(logs, "codedeploy-agent.log"), "utf8");
        assert.ok(
          log.includes(`the order ${refused.commandId} is not carried out (${reason})`),
          log,
        );
      } finally {
        await closeLog();
      }
    });
  });
}

test("an order is good to its end, and as long after as clocks may differ", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const given = order();
  const gate = { serverKey: publicKey, hostIdentifier: given.hostIdentifier };
  const judged = (now: number) =>
    judgeOrder(signOrder(given, privateKey), gate, new JournalState(), now).kind;
  assert.equal(judged(given.issuedAt), "new");
  assert.equal(judged(given.expiresAt + CLOCK_SKEW), "new");
  assert.equal(judged(given.expiresAt + CLOCK_SKEW + 1), "refused");
});

test("an order that was taken is gone on with after its end", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const given = order();
  const { commandId, nonce, hostIdentifier } = given;
  const journal = new JournalState();
  journal.apply({ at: 1, kind: "order", commandId, nonce, order: given });
  const gate = { serverKey: publicKey, hostIdentifier };
  const late = given.expiresAt + 2 * CLOCK_SKEW;
  assert.equal(judgeOrder(signOrder(given, privateKey), gate, journal, late).kind, "known");
});
