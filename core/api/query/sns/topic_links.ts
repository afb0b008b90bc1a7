/**
 * What receivers of messages fetch without a signature: the certificate that messages are signed
 * with, and the links that confirm and end a subscription. A link works by the token in it, which
 * only its receiver has.
 * @module
 */
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import type { ApiContext } from "../../context.ts";
import { asRefusal, xml } from "../query_request.ts";
import { errorDocument, resultDocument } from "../query_xml.ts";
import { SNS_NAMESPACE } from "./sns_service.ts";
import { confirm, leave } from "./subscription_operations.ts";

export interface Certificate {
  path: string;
  /** PEM. */
  read(): Promise<string>;
}

/** Routes that stand before the router's; what is not theirs goes on to it. */
export function topicLinks(context: ApiContext, certificate: Certificate): Hono {
  const app = new Hono();
  app.get(certificate.path, async () => {
    const headers = { "content-type": "application/x-pem-file" };
    return new Response(await certificate.read(), { headers });
  });
  app.get("/", async ({ req }, next) => {
    const query = new URL(req.url).searchParams;
    const action = query.get("Action");
    const signed = req.header("authorization") !== undefined || query.has("X-Amz-Signature");
    // A HEAD comes here as well, from whoever only looks whether the link is good.
    const follows = req.raw.method === "GET" && !signed;
    if (!follows || (action !== "ConfirmSubscription" && action !== "Unsubscribe")) {
      return await next();
    }
    return await answer(action, query, context, req.header("accept") ?? "");
  });
  return app;
}

async function answer(
  action: "ConfirmSubscription" | "Unsubscribe",
  query: URLSearchParams,
  context: ApiContext,
  accept: string,
): Promise<Response> {
  const about = { action, namespace: SNS_NAMESPACE, requestId: randomUUID() };
  // A person follows the link of a mail in a browser.
  const person = accept.includes("text/html");
  try {
    const result = await followed(action, query, context);
    if (!person) return xml(200, about.requestId, resultDocument({ ...about, result }));
    return page(200, action === "Unsubscribe" ? "Unsubscribed." : "Subscription confirmed.");
  } catch (error) {
    const refusal = asRefusal(error, { id: about.requestId, operation: action });
    if (person) return page(refusal.status, refusal.message);
    return xml(refusal.status, about.requestId, errorDocument(refusal, about));
  }
}

async function followed(
  action: "ConfirmSubscription" | "Unsubscribe",
  query: URLSearchParams,
  context: ApiContext,
): Promise<unknown> {
  const token = query.get("Token") ?? "";
  if (action === "Unsubscribe") {
    return await leave(query.get("SubscriptionArn") ?? "", context, { token });
  }
  return await confirm(query.get("TopicArn") ?? "", token, context);
}

function page(status: number, sentence: string): Response {
  const text = sentence.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const document = `<!doctype html><meta charset="utf-8"><title>Runtime</title><p>${text}</p>\n`;
  return new Response(document, { status, headers: { "content-type": "text/html" } });
}
