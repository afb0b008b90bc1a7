/**
 * The client side of the AWS Query protocol: one signed form, the answer's XML as an object or a
 * typed refusal. For topics, here and at any endpoint that speaks SNS.
 * @module
 */
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import { ApiError, type Endpoint, UnreachableError } from "./aws_json.ts";
import { signable, signHeaders } from "./sigv4.ts";

export interface QueryCall {
  /** SigV4 signing name. */
  service: string;
  action: string;
  version: string;
  /** Flat, as on the wire: `Attributes.entry.1.key`. */
  parameters: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** Texts stay texts: ids may be all digits. Lists and maps are lists even when they hold one. */
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  // Numeric references are part of XML; the library knows them by this option alone.
  htmlEntities: true,
  isArray: (name) => name === "member" || name === "entry",
});

const Refusal = z.object({
  ErrorResponse: z.object({ Error: z.object({ Code: z.string(), Message: z.string() }) }),
});

/** Versions of SNS's API there are: this one. */
export const SNS = { service: "sns", version: "2010-03-31" } as const;

/**
 * Calls one action and answers what is inside of `<ActionResult>`; an empty element is `""`. Throws
 * `ApiError` for a refusal and `UnreachableError` when nothing answered.
 */
export async function callQuery(endpoint: Endpoint, call: QueryCall): Promise<unknown> {
  const { action, version, parameters, service, signal } = call;
  const url = new URL("/", endpoint.url);
  const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
  const type = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const toSign = signable("POST", url, type, body);
  const headers = await signHeaders(toSign, endpoint.credentials, endpoint.region, service);
  delete headers["host"]; // fetch sets it from the URL; the signature covers the same value
  let response: Response;
  let text: string;
  try {
    const request = { method: "POST", headers, body, ...(signal && { signal }) };
    response = await (endpoint.fetch ?? fetch)(url, request);
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new UnreachableError(endpoint.url, cause);
  }
  const document = parsed(text);
  if (response.ok) return resultOf(document, action);
  const refusal = Refusal.safeParse(document);
  if (!refusal.success) {
    const said = text.slice(0, 300) || `HTTP ${response.status}`;
    throw new ApiError(`HTTP ${response.status}`, response.status, said);
  }
  const { Code, Message } = refusal.data.ErrorResponse.Error;
  throw new ApiError(Code, response.status, Message);
}

/** Undefined when it is no XML: a proxy's page, say. */
function parsed(text: string): unknown {
  try {
    return parser.parse(text);
  } catch {
    return undefined; // The status is all there is to say; the caller says it.
  }
}

function resultOf(document: unknown, action: string): unknown {
  const Answer = z.object({
    [`${action}Response`]: z.object({ [`${action}Result`]: z.unknown() }).partial(),
  });
  const answer = Answer.safeParse(document);
  return answer.success ? answer.data[`${action}Response`]?.[`${action}Result`] : undefined;
}
