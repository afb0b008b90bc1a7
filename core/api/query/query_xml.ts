/** Answers of the AWS Query protocol as XML documents (`query_service.ts` says what becomes what). @module */
import { XMLBuilder } from "fast-xml-parser";
import type { QueryError } from "./query_error.ts";

const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** `<ActionResponse>` with `<ActionResult>`, if there is a result, and the request's id. */
export function resultDocument(
  answer: { action: string; namespace: string; requestId: string; result: unknown },
): string {
  const { action, namespace, requestId, result } = answer;
  return document(`${action}Response`, {
    "@_xmlns": namespace,
    ...(result !== undefined && { [`${action}Result`]: element(result) }),
    ResponseMetadata: { RequestId: requestId },
  });
}

/** `<ErrorResponse>`; the type says whether it is the sender who has to change something. */
export function errorDocument(
  refusal: QueryError,
  { namespace, requestId }: { namespace: string; requestId: string },
): string {
  return document("ErrorResponse", {
    "@_xmlns": namespace,
    Error: {
      Type: refusal.status < 500 ? "Sender" : "Receiver",
      Code: refusal.code,
      Message: refusal.message,
    },
    RequestId: requestId,
  });
}

function document(root: string, content: Record<string, unknown>): string {
  const xml = builder.build({ [root]: content });
  return DECLARATION + xml.replaceAll(NOT_XML, "\ufffd").replaceAll("\r", "&#13;");
}

/** No parser takes these (XML 1.0, 2.2): one in a tag or an endpoint would make a list unreadable. */
// deno-lint-ignore no-control-regex -- because they come in what clients send
const NOT_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/** A value in the form that the builder takes: text, or elements by name. */
function element(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? "" : { member: value.map(element) };
  if (value instanceof Map) {
    const entries = [...value].map(([key, one]) => ({ key: element(key), value: element(one) }));
    return entries.length === 0 ? "" : { entry: entries };
  }
  if (value instanceof Date) return value.toISOString().replace(/\.\d+Z$/, "Z");
  if (typeof value !== "object" || value === null) return String(value);
  const members = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(members.map(([name, one]) => [name, element(one)]));
}
