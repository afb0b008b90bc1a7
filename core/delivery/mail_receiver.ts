/**
 * Sends mail by an SMTP server. The library is loaded with the first mail: most servers send none.
 * @module
 */
import type { Transporter } from "nodemailer";
import { DeliveryFailure } from "./destination.ts";
import type { MailText } from "./mail_text.ts";

export interface Mail extends MailText {
  /** The same however often it is sent; its Message-ID is made of it. */
  id: string;
  to: string;
  /** Who it says it is from, before the address; may be empty. */
  fromName: string;
}

export interface Mailer {
  /** Resolves when the SMTP server has taken the mail; rejects with a DeliveryFailure. */
  send(mail: Mail): Promise<void>;
}

export interface MailSettings {
  /** `smtp://` or `smtps://`, with user and password if the server wants them. */
  smtpUrl: string;
  /** Sender's address. */
  from: string;
}

/** Milliseconds that a connection, a greeting and a silence may last. */
const PATIENCE = 10_000;

export function smtpMailer({ smtpUrl, from }: MailSettings): Mailer {
  let transport: Promise<Transporter> | undefined;
  const host = from.slice(from.lastIndexOf("@") + 1);
  return {
    async send({ id, to, fromName, subject, text, unsubscribe }) {
      transport ??= openTransport(smtpUrl);
      try {
        await (await transport).sendMail({
          from: { name: fromName, address: from },
          to,
          subject,
          text,
          messageId: `<${id}@${host}>`,
          ...(unsubscribe !== undefined && { list: { unsubscribe } }),
          disableFileAccess: true,
          disableUrlAccess: true,
        });
      } catch (cause) {
        throw failure(cause, smtpUrl, to);
      }
    },
  };
}

async function openTransport(smtpUrl: string): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    url: smtpUrl,
    connectionTimeout: PATIENCE,
    greetingTimeout: PATIENCE,
    socketTimeout: PATIENCE,
  });
}

/** What the library calls a refusal of the recipient, and one of the mail. */
const OF_THIS_MAIL: ReadonlySet<unknown> = new Set(["EENVELOPE", "EMESSAGE"]);

/**
 * A mail that is refused for good (5xx) is a dead letter at once. Everything else is tried again, a
 * password that is wrong too: the server's operator can change that.
 */
function failure(cause: unknown, smtpUrl: string, to: string): DeliveryFailure {
  const { hostname, port } = new URL(smtpUrl);
  const server = port === "" ? hostname : `${hostname}:${port}`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DeliveryFailure(`mail to ${to} by ${server}: ${reason}`, {
    next: isForGood(cause) ? "never" : "again",
    cause,
  });
}

function isForGood(cause: unknown): boolean {
  if (!(cause instanceof Error) || !("code" in cause) || !("responseCode" in cause)) return false;
  const { code, responseCode } = cause;
  return OF_THIS_MAIL.has(code) && typeof responseCode === "number" && responseCode >= 500;
}
