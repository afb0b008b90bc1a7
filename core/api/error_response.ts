/**
 * Refusals and failures in the form of AWS JSON 1.1: status, `__type`, `message`, request id. Statuses
 * are those of the API reference's "Common Errors"; a modelled exception is a 400.
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { DomainError, type ErrorName } from "../domain/errors.ts";
import { isDiskFull } from "../store/database.ts";

/** Names whose status is not 400. */
const STATUS: Partial<Record<ErrorName, number>> = {
  AccessDeniedException: 403,
  ExpiredTokenException: 403,
  IncompleteSignatureException: 403,
  InternalFailure: 500,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  ServerException: 500,
  ServiceUnavailableException: 503,
  UnrecognizedClientException: 403,
};

/** A body beyond what the server reads; the one refusal whose status its name does not tell. */
export class BodyTooLarge extends DomainError {
  constructor(limitBytes: number) {
    const message = `The request body is larger than ${limitBytes} bytes, the most that is read.`;
    super("SerializationException", "", message);
  }
}

/** The answer to a request that failed. What is not foreseen is logged, and not told. */
export function errorResponse(
  error: unknown,
  request: { id: string; operation: string },
): Response {
  const refusal = asRefusal(error, request);
  return new Response(JSON.stringify({ __type: refusal.name, message: refusal.message }), {
    status: refusal instanceof BodyTooLarge ? 413 : STATUS[refusal.name] ?? 400,
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-errortype": refusal.name,
      "x-amzn-requestid": request.id,
    },
  });
}

function asRefusal(error: unknown, request: { id: string; operation: string }): DomainError {
  if (error instanceof DomainError) return error;
  const { id, operation } = request;
  const log = getLogger(["runtime", "api"]);
  log.error("{operation} {id} failed: {error}", { operation, id, error });
  if (isDiskFull(error)) {
    return new DomainError(
      "ServiceUnavailableException",
      "",
      "The server's disk is full and nothing was changed. Free space in its data directory, then " +
        "send the request again.",
    );
  }
  return new DomainError(
    "InternalFailure",
    "",
    `The server failed at this; its log has the cause under the request id ${id}.`,
  );
}
