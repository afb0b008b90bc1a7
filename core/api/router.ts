/**
 * The front door: `POST /` with an operation in X-Amz-Target, or with a form of the AWS Query
 * protocol, joining, health. Signature, then operation, then role, then input: whoever cannot sign
 * learns nothing of what there is.
 * @module
 */
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { DomainError } from "../domain/errors.ts";
import { EXTENSION_HEADER } from "../wire/agent_protocol.ts";
import { JOIN_PATH } from "../wire/join.ts";
import { authenticateJson } from "./authenticate.ts";
import type { ApiContext } from "./context.ts";
import { errorResponse } from "./error_response.ts";
import { healthRoutes } from "./health.ts";
import { joinHost } from "./join_host.ts";
import { noRole } from "./no_role.ts";
import { mayCall, type RoutedOperation } from "./operation.ts";
import { answerQuery, isQueryRequest } from "./query/query_request.ts";
import type { QueryService } from "./query/query_service.ts";
import { parseJson, readBody, UNSIGNED_LIMIT } from "./request_body.ts";

/** The operations behind one prefix of X-Amz-Target, and the names clients sign them for. */
export interface Service {
  /** `CodeDeploy_20141006.` with its dot. */
  targetPrefix: string;
  signingNames: readonly string[];
  operations: ReadonlyMap<string, RoutedOperation>;
}

/** Builds the routes; other rooms mount theirs on the same app, behind these. */
export function createRouter(
  context: ApiContext,
  services: readonly Service[],
  queryServices: readonly QueryService[] = [],
): Hono {
  const app = new Hono();
  app.route("/", healthRoutes(context));
  app.post(JOIN_PATH, ({ req }) =>
    answer("JoinHost", async () => {
      const raw = parseJson(await readBody(req.raw, UNSIGNED_LIMIT));
      return await joinHost(raw, context);
    }));
  app.get("/", async ({ req }, next) => {
    if (isQueryRequest(req.raw)) return await answerQuery(req.raw, context, queryServices);
    await next();
  });
  app.post("/", ({ req }) => {
    if (isQueryRequest(req.raw)) return answerQuery(req.raw, context, queryServices);
    const { headers } = req.raw;
    const target = headers.get("x-amz-target") ?? "";
    // An agent that announces our additions learns so that they were understood.
    const echo = headers.has(EXTENSION_HEADER) ? { [EXTENSION_HEADER]: "1" } : {};
    return answer(target, () => callOperation(target, req.raw, context, services), echo);
  });
  return app;
}

async function callOperation(
  target: string,
  request: Request,
  context: ApiContext,
  services: readonly Service[],
): Promise<unknown> {
  const service = services.find(({ targetPrefix }) => target.startsWith(targetPrefix));
  const body = await readBody(request);
  const names = service?.signingNames ?? services.flatMap(({ signingNames }) => signingNames);
  const { caller, signedHeaders } = await authenticateJson(context, request, body, [
    ...new Set(names),
  ]);
  if (target !== "" && !signedHeaders.includes("x-amz-target")) throw unsignedTarget();
  const operation = service?.operations.get(target.slice(service.targetPrefix.length));
  if (!operation) {
    throw new DomainError(
      "UnknownOperationException",
      "X-Amz-Target",
      target === ""
        ? "The header X-Amz-Target is missing; it names the operation."
        : `This server has no operation ${target}.`,
    );
  }
  if (!mayCall(caller.role, operation.role)) {
    throw new DomainError(
      "AccessDeniedException",
      "",
      caller.role === "none"
        ? noRole(caller)
        : `The access key ${caller.accessKeyId} has the role ${caller.role}; ${operation.name} ` +
          `needs the role ${operation.role}.`,
    );
  }
  const { headers, signal } = request;
  return await operation.run(parseJson(body), context, { caller, headers, signal });
}

/** Every SDK signs it; otherwise who can change a request on its way chooses what it does. */
function unsignedTarget(): DomainError {
  return new DomainError(
    "IncompleteSignatureException",
    "X-Amz-Target",
    "SignedHeaders: must include x-amz-target, which names the operation.",
  );
}

/** Runs a request to its answer: the output in AWS JSON, or the refusal. */
async function answer(
  operation: string,
  run: () => Promise<unknown>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const id = randomUUID();
  try {
    const output = await run();
    return new Response(JSON.stringify(output ?? {}), {
      headers: {
        ...headers,
        "content-type": "application/x-amz-json-1.1",
        "x-amzn-requestid": id,
      },
    });
  } catch (error) {
    return errorResponse(error, { id, operation });
  }
}
