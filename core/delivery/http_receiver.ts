/**
 * Sends an event to a web address: one POST of JSON. A status of 2xx means that the receiver has it;
 * everything else, a redirect among it, is a failure that tells what was answered.
 *
 * Addresses of internal networks are allowed: the receivers of a self-hosted server are internal.
 * Who may name an address is an administrator (docs/operating.md).
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EventReceiver, SecretHeader } from "../domain/event_target.ts";
import { withoutPassword } from "../domain/topic.ts";
import { certificateFault } from "../wire/certificate_fault.ts";
import { VERSION } from "../wire/version.ts";
import { DeliveryFailure } from "./destination.ts";

export interface HttpReceiverContext {
  readonly fetch: typeof fetch;
  /** Folder of the files that headers take their values from. */
  readonly secretsFolder: string;
}

/** The header that is the same however often an event is sent. */
export const EVENT_ID_HEADER = "idempotency-key";

const HEADER_VALUE = /^[\x20-\x7e]+$/;

/** As much of an answer as is kept to show what went wrong, in characters. */
const ANSWER_SHOWN = 200;
/** As much of an answer as is read for that, in bytes. */
const ANSWER_READ = 4_096;

export interface EventPost {
  receiver: Extract<EventReceiver, { kind: "http" }>;
  /** The event's own id. */
  id: string;
  body: string;
}

/** Resolves when the receiver has answered 2xx; rejects with a DeliveryFailure. */
export async function postEvent(
  { receiver, id, body }: EventPost,
  context: HttpReceiverContext,
  signal: AbortSignal,
): Promise<void> {
  const secret = receiver.header && await headerOf(receiver.header, context.secretsFolder);
  const headers = {
    "content-type": "application/json",
    "user-agent": `runtime/${VERSION}`,
    [EVENT_ID_HEADER]: id,
    ...secret,
  };
  await post(receiver.url, { headers, body }, context.fetch, signal);
}

/** One POST; what counts as received, and what a failure says, is the same for every receiver. */
export async function post(
  url: string,
  { headers, body }: { headers: Record<string, string>; body: string },
  send: typeof fetch,
  signal: AbortSignal,
): Promise<void> {
  let response: Response;
  try {
    response = await send(url, { method: "POST", headers, body, redirect: "manual", signal });
  } catch (cause) {
    throw new DeliveryFailure(`${withoutPassword(url)}: ${reasonOf(cause)}`, { cause });
  }
  if (response.ok) {
    await response.body?.cancel();
    return;
  }
  const said = await beginningOf(response);
  const location = response.headers.get("location");
  const to = location === null ? "" : ` to ${location}, and redirects are not followed`;
  const wait = retryAfter(response.headers.get("retry-after"));
  throw new DeliveryFailure(
    `${withoutPassword(url)} answered ${response.status}${to}${said && `: ${said}`}`,
    wait === undefined ? {} : { wait },
  );
}

/** Read anew each time, so that a secret may be changed while the server runs. */
async function headerOf({ name, secret }: SecretHeader, folder: string) {
  const file = join(folder, secret);
  let value: string;
  try {
    value = (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new DeliveryFailure(
      `the secret ${secret} for the header ${name} cannot be read: ${reasonOf(cause)}`,
      { cause },
    );
  }
  // What refuses such a header may repeat it, and a failure is shown to whoever may look.
  if (HEADER_VALUE.test(value)) return { [name]: value };
  throw new DeliveryFailure(
    `the secret ${secret} for the header ${name} must be one line of printable ASCII characters`,
  );
}

async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  let text = "";
  const decoder = new TextDecoder();
  try {
    for (let read = 0; read < ANSWER_READ;) {
      const { done, value } = await reader.read();
      if (done) break;
      read += value.length;
      text += decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    // The status says enough; what broke off belongs to the same answer.
    text += ` (${reasonOf(cause)})`;
  }
  await reader.cancel().catch(() => undefined); // an answer that broke off cannot be called off
  // deno-lint-ignore no-control-regex -- control characters are what is taken out
  return text.replaceAll(/[\x00-\x20\x7f]+/g, " ").trim().slice(0, ANSWER_SHOWN);
}

/** Milliseconds; only the form in seconds, which servers that are busy send. */
function retryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : undefined;
}

function reasonOf(cause: unknown): string {
  const fault = certificateFault(cause);
  if (fault) return `its certificate ${fault.what}; ${fault.next}`;
  return cause instanceof Error ? cause.message : String(cause);
}
