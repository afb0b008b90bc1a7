/**
 * A real SMTP server in a process of its own (Debian's python3-aiosmtpd). It wants user and password,
 * refuses mail to nobody@…, is busy for mail to busy@…, and tells every mail it takes.
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";

const PYTHON = "/usr/bin/python3";

const PROGRAM = `
import asyncio, email, email.policy, json
from aiosmtpd.smtp import SMTP, AuthResult
class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy@"):
            return "451 4.3.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        print(json.dumps({
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "from": str(mail["from"]),
            "subject": str(mail["subject"]),
            "id": str(mail["message-id"]),
            "unsubscribe": str(mail["list-unsubscribe"] or "").strip(),
            "text": mail.get_content().replace("\\r\\n", "\\n"),
        }), flush=True)
        return "250 OK"
def check(server, session, envelope, mechanism, data):
    known = data.login == b"runtime" and data.password == b"secret/of mail"
    return AuthResult(success=known, handled=False)
def make():
    return SMTP(Handler(), authenticator=check, auth_required=True, auth_require_tls=False)
async def main():
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
`;

const ReceivedMail = z.object({
  sender: z.string(),
  recipients: z.array(z.string()),
  from: z.string(),
  subject: z.string(),
  id: z.string(),
  unsubscribe: z.string(),
  text: z.string(),
});
export type ReceivedMail = z.infer<typeof ReceivedMail>;

export interface SmtpServer extends AsyncDisposable {
  /** With user and password. */
  url: string;
  port: number;
  mails: ReceivedMail[];
}

/** Why there is no SMTP server to test against, or false. */
export const NO_SMTP_SERVER = spawnSync(PYTHON, ["-c", "import aiosmtpd"]).status !== 0 &&
  "Debian's python3-aiosmtpd is not installed";

export async function startSmtpServer(): Promise<SmtpServer> {
  const child = spawn(PYTHON, ["-c", PROGRAM]);
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  let complaint = "";
  child.stderr.on("data", (chunk) => complaint += chunk);
  const mails: ReceivedMail[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`aiosmtpd ended with ${code}: ${complaint}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (/^\d+$/.test(line)) resolve(Number(line));
      else mails.push(ReceivedMail.parse(JSON.parse(line)));
    });
  });
  return {
    url: `smtp://runtime:${encodeURIComponent("secret/of mail")}@127.0.0.1:${port}`,
    port,
    mails,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
