/**
 * A request in the AWS Query protocol, from signature to document: signature, then service and
 * action, then role, then input. The service is the one that the signature is scoped to, so requests
 * to `iam.amazonaws.com` and to `127.0.0.1:8080` are answered alike.
 * @module
 */
import { randomUUID } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import { authenticateJson } from "../authenticate.ts";
import type { ApiContext } from "../context.ts";
import { BodyTooLarge } from "../error_response.ts";
import { noRole } from "../no_role.ts";
import { mayCall } from "../operation.ts";
import { FORM_LIMIT, readBody } from "../request_body.ts";
import { readFlattened } from "./flattened.ts";
import { asQueryError, QueryError } from "./query_error.ts";
import type { QueryOperation, QueryService } from "./query_service.ts";
import { errorDocument, resultDocument } from "./query_xml.ts";

const FORM = "application/x-www-form-urlencoded";

/** `POST /` with a form, or `GET /` with an action in the query; everything else is not ours. */
export function isQueryRequest({ method, url, headers }: Request): boolean {
  if (headers.has("x-amz-target")) return false;
  if (method === "GET") return new URL(url).searchParams.has("Action");
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  return type.trim().toLowerCase() === FORM;
}

/** Answers a request that `isQueryRequest` takes. */
export async function answerQuery(
  request: Request,
  context: ApiContext,
  services: readonly QueryService[],
): Promise<Response> {
  const requestId = randomUUID();
  // The namespace of a refusal before the service is known is nobody's.
  const about = { action: "", namespace: "http://webservices.amazon.com/AWSFault/2005-15-09" };
  try {
    const body = await readBody(request, FORM_LIMIT);
    const names = services.map(({ signingName }) => signingName);
    const { caller, service: scope } = await authenticateJson(context, request, body, names);
    const service = services.find(({ signingName }) => signingName === scope);
    if (!service) throw new QueryError("InvalidAction", `This server has no service ${scope}.`);
    about.namespace = service.namespace;
    const parameters = parametersOf(request, body);
    const operation = operationOf(service, parameters);
    about.action = operation.name;
    if (operation.role !== "anyone" && !mayCall(caller.role, operation.role)) {
      throw new QueryError(
        "AccessDenied",
        `User: ${caller.arn} is not authorized to perform: ${scope}:${operation.name}. ` +
          (caller.role === "none"
            ? noRole(caller)
            : `Its key ${caller.accessKeyId} has the role ${caller.role}; the role ` +
              `${operation.role} is needed.`),
      );
    }
    const { headers, signal } = request;
    const input = readFlattened(parameters, isEnvelope);
    const result = await operation.run(input, service, context, { caller, headers, signal });
    return xml(200, requestId, resultDocument({ ...about, requestId, result }));
  } catch (error) {
    const refusal = asRefusal(error, { id: requestId, operation: about.action });
    const status = error instanceof BodyTooLarge ? 413 : refusal.status;
    return xml(status, requestId, errorDocument(refusal, { ...about, requestId }));
  }
}

function parametersOf(request: Request, body: Uint8Array): URLSearchParams {
  if (request.method === "GET") return new URL(request.url).searchParams;
  try {
    return new URLSearchParams(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new QueryError("MalformedQueryString", "The form is not UTF-8.", { cause });
  }
}

function operationOf(service: QueryService, parameters: URLSearchParams): QueryOperation {
  const action = parameters.get("Action");
  if (!action) throw new QueryError("MissingAction", "Action is missing; it names the operation.");
  const version = parameters.get("Version") ?? service.version;
  const operation = service.operations.get(action);
  if (operation && version === service.version) return operation;
  throw new QueryError(
    "InvalidAction",
    `Could not find operation ${action} for version ${version}; this server has some operations of ` +
      `${service.signingName} ${service.version}.`,
  );
}

/** What is about the request itself: the action, and the signature of a presigned one. */
function isEnvelope(name: string): boolean {
  return name === "Action" || name === "Version" || /^X-Amz-/i.test(name);
}

/** The refusal for anything thrown; what is not foreseen is logged, and not told. */
export function asRefusal(error: unknown, request: { id: string; operation: string }): QueryError {
  const refusal = asQueryError(error);
  if (refusal) return refusal;
  const log = getLogger(["runtime", "api"]);
  log.error("{operation} {id} failed: {error}", { ...request, error });
  const message = `The server failed at this; its log has the cause under ${request.id}.`;
  return new QueryError("InternalFailure", message, { cause: error });
}

/** An answer of the protocol. */
export function xml(status: number, requestId: string, document: string): Response {
  const headers = { "content-type": "text/xml", "x-amzn-requestid": requestId };
  return new Response(document, { status, headers });
}
