/** Asks the router in the AWS Query protocol as SDKs do, signed, without a socket. @module */
import { XMLParser } from "fast-xml-parser";
import { type Credentials, signable, signHeaders } from "../../../core/wire/sigv4.ts";
import type { Answer } from "../test_api.ts";

export interface QueryAnswer {
  status: number;
  /** The document; values stay text. */
  document: Answer;
  /** The code and message of a refusal, and the result of an answer. */
  code: string | undefined;
  message: string | undefined;
  result: Answer;
  requestId: string | null;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  isArray: (name) => name === "member",
});

export async function askQuery(
  app: { request(request: Request): Response | Promise<Response> },
  ask: {
    service: string;
    credentials: Credentials;
    /** Flat, as on the wire. */
    parameters: Record<string, string>;
    method?: "GET" | "POST";
    url?: string;
  },
): Promise<QueryAnswer> {
  const { service, credentials, parameters, method = "POST" } = ask;
  const url = new URL(ask.url ?? "http://127.0.0.1:8080/");
  const form = new URLSearchParams(parameters).toString();
  if (method === "GET") url.search = form;
  const type = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const toSign = method === "GET" ? signable(method, url, {}) : signable(method, url, type, form);
  const headers = await signHeaders(toSign, credentials, "us-east-1", service);
  const body = method === "GET" ? null : form;
  return await readQuery(await app.request(new Request(url, { method, headers, body })));
}

export async function readQuery(response: Response): Promise<QueryAnswer> {
  const document: Answer = parser.parse(await response.text());
  const [root] = Object.keys(document).filter((name) => name !== "?xml");
  const content = document[root ?? ""];
  return {
    status: response.status,
    document,
    code: content.Error?.Code,
    message: content.Error?.Message,
    result: content[(root ?? "").replace(/Response$/, "Result")],
    requestId: response.headers.get("x-amzn-requestid"),
  };
}
