/**
 * A receiver of messages of topics as somebody would write one for Amazon SNS: HTTPS, every document
 * checked by AWS's validator, a subscription confirmed by a GET of its link.
 * @module
 */
import https from "node:https";
import type { AddressInfo } from "node:net";
import MessageValidator from "sns-validator";
import { z } from "zod";

const Document = z.object({
  Type: z.string(),
  TopicArn: z.string(),
  Message: z.string(),
  MessageId: z.string(),
  Subject: z.string().optional(),
  SignatureVersion: z.string(),
  SubscribeURL: z.string().optional(),
});
export type ReceivedDocument = z.infer<typeof Document>;

export interface TopicReceiver extends AsyncDisposable {
  url: string;
  /** Documents with a valid signature, in the order they came. */
  documents: ReceivedDocument[];
  /** What was wrong with the others. */
  faults: string[];
}

/** `ca`, `cert` and `key` are PEM texts; the authority is the one of the server too. */
export async function startTopicReceiver(
  tls: { ca: string; cert: string; key: string },
): Promise<TopicReceiver> {
  const documents: ReceivedDocument[] = [];
  const faults: string[] = [];
  const server = https.createServer({ cert: tls.cert, key: tls.key }, (request, response) => {
    let body = "";
    request.on("data", (chunk) => body += chunk);
    request.on("end", () => {
      take(body, documents, tls.ca)
        .catch((error: unknown) => faults.push(`${error}: ${body}`))
        .finally(() => response.end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo; // because it listens on a port
  // The validator fetches the certificate by the agent of the process.
  https.globalAgent.options.ca = tls.ca;
  return {
    url: `https://127.0.0.1:${port}/hook`,
    documents,
    faults,
    async [Symbol.asyncDispose]() {
      delete https.globalAgent.options.ca;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function take(body: string, documents: ReceivedDocument[], ca: string): Promise<void> {
  const document = Document.parse(JSON.parse(body));
  await validated(JSON.parse(body));
  documents.push(document);
  if (document.Type === "SubscriptionConfirmation" && document.SubscribeURL !== undefined) {
    const status = await statusOf(document.SubscribeURL, ca);
    if (status !== 200) throw new Error(`the SubscribeURL answered ${status}`);
  }
}

function validated(document: Record<string, unknown>): Promise<void> {
  const validator = new MessageValidator(/^127\.0\.0\.1(:\d+)?$/, "utf8");
  return new Promise((resolve, reject) =>
    validator.validate(document, (error: Error | null) => error ? reject(error) : resolve())
  );
}

/** A GET, as a person or program follows a link. */
export function statusOf(url: string, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    https.get(url, { ca }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on("error", reject);
  });
}
