/** Mail by a real SMTP server. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DeliveryFailure } from "../../core/delivery/destination.ts";
import { type Mail, smtpMailer } from "../../core/delivery/mail_receiver.ts";
import { NO_SMTP_SERVER, type SmtpServer, startSmtpServer } from "./smtp_server.ts";

const MAIL: Mail = {
  id: "a-message.a-subscription",
  to: "ops@example.test",
  fromName: 'Shop "live" <x@y>',
  subject: "SUCCEEDED: Zürich",
  text: "Eine Zeile mit Umlauten: äöü\n.\n\nhttp://runtime.test/?a=b&c=d\n",
  unsubscribe: "http://runtime.test/?Action=Unsubscribe",
};

function mailer(smtpUrl: string) {
  return smtpMailer({ smtpUrl, from: "runtime@example.test" });
}

/** Sends mail that must fail; answers how. */
async function failure(smtpUrl: string, mail: Mail): Promise<DeliveryFailure> {
  try {
    await mailer(smtpUrl).send(mail);
  } catch (error) {
    assert.ok(error instanceof DeliveryFailure, String(error));
    return error;
  }
  assert.fail("the mail was taken");
}

/** The server tells of a mail after it has answered. */
async function firstMail(server: SmtpServer) {
  const deadline = Date.now() + 10_000;
  while (server.mails.length === 0 && Date.now() < deadline) {
    await new Promise((next) => setTimeout(next, 10));
  }
  return server.mails[0];
}

test("a mail arrives as it was written, and the same one has the same Message-ID", {
  skip: NO_SMTP_SERVER,
}, async () => {
  await using server = await startSmtpServer();
  await mailer(server.url).send(MAIL);
  assert.deepEqual(await firstMail(server), {
    sender: "runtime@example.test",
    recipients: ["ops@example.test"],
    from: '"Shop \\"live\\" <x@y>" <runtime@example.test>',
    subject: "SUCCEEDED: Zürich",
    id: "<a-message.a-subscription@example.test>",
    unsubscribe: "<http://runtime.test/?Action=Unsubscribe>",
    text: MAIL.text,
  });
});

test("a mailbox that is refused for good is not tried again, one that is busy is", {
  skip: NO_SMTP_SERVER,
}, async () => {
  await using server = await startSmtpServer();
  const refused = await failure(server.url, { ...MAIL, to: "nobody@example.test" });
  assert.equal(refused.next, "never");
  assert.match(refused.message, /mail to nobody@example\.test by 127\.0\.0\.1:\d+: .*no such mail/);
  const busy = await failure(server.url, { ...MAIL, to: "busy@example.test" });
  assert.equal(busy.next, "again");
});

test("a failure names the server, and never its password", { skip: NO_SMTP_SERVER }, async () => {
  await using server = await startSmtpServer();
  const url = `smtp://runtime:wrong-password@127.0.0.1:${server.port}`;
  const { message, next } = await failure(url, MAIL);
  assert.equal(next, "again");
  assert.match(message, new RegExp(`by 127\\.0\\.0\\.1:${server.port}: `));
  assert.doesNotMatch(message, /wrong-password/);
});

test("a server that does not answer is tried again", async () => {
  const { next, message } = await failure("smtp://127.0.0.1:1", MAIL);
  assert.equal(next, "again");
  assert.match(message, /127\.0\.0\.1:1/);
});
