/** XML of the S3 subset, both ways. @module */
import { XMLBuilder, XMLParser } from "fast-xml-parser";
import { S3Error } from "./s3_error.ts";

/** Names the format; clients compare it, nobody fetches it. */
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });
const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  // Values stay text: an ETag of digits only must not become a number.
  parseTagValue: false,
  // A key may begin or end with a space, and clients write a line end in one as `&#13;`.
  trimValues: false,
  htmlEntities: true,
});

/** A document with one root element in the S3 namespace. */
export function s3Document(root: string, content: Record<string, unknown>): string {
  return declaration() + escaped(builder.build({ [root]: { "@_xmlns": NAMESPACE, ...content } }));
}

/** An error document; S3 sends those without a namespace. */
export function errorDocument(content: Record<string, string>): string {
  return declaration() + escaped(builder.build({ Error: content }));
}

/**
 * Controls as S3 writes them: a parser would make a line feed of a bare carriage return in a key. What
 * cannot be written even so is replaced, as in a message that repeats what a client sent.
 */
function escaped(xml: string): string {
  // deno-lint-ignore no-control-regex -- because clients send it
  const writable = xml.replaceAll(/[\x00\ufffe\uffff]/g, "\ufffd");
  // deno-lint-ignore no-control-regex -- because keys may hold them
  return writable.replaceAll(/[\x01-\x08\x0b-\x1f]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** Reads a document a client sent. Throws MalformedXML with the line at fault. */
export function parseXml(text: string): unknown {
  if (text.includes("<!DOCTYPE")) {
    throw new S3Error("MalformedXML", "The body has a document type declaration; send it without.");
  }
  try {
    return parser.parse(text, true);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new S3Error("MalformedXML", `The body is not well-formed XML: ${reason}`, { cause });
  }
}

/** An answer of 200 with a document. */
export function xmlResponse(document: string, headers: Record<string, string> = {}): Response {
  return new Response(document, { headers: { "content-type": "application/xml", ...headers } });
}

function declaration(): string {
  return '<?xml version="1.0" encoding="UTF-8"?>\n';
}
