/**
 * Refusals of the services that speak the AWS Query protocol: the code a client's SDK switches on, its
 * HTTP status, and a sentence for the person. Codes and statuses: "Common Errors" of the IAM, STS and
 * SNS API references, and the errors of each operation. A new service adds its codes here.
 * @module
 */
import { DomainError, type ErrorName } from "../../domain/errors.ts";
import { isDiskFull } from "../../store/database.ts";

const STATUS = {
  AccessDenied: 403,
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  ExpiredToken: 403,
  IncompleteSignature: 403,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidParameter: 400,
  LimitExceeded: 409,
  MalformedPolicyDocument: 400,
  MalformedQueryString: 400,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  NoSuchEntity: 404,
  NotFound: 404,
  ResourceNotFound: 404,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  TagLimitExceeded: 400,
  Throttling: 400,
  ValidationError: 400,
} as const;
export type QueryCode = keyof typeof STATUS;

/** A refusal the caller can act on. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  readonly code: QueryCode;
  constructor(code: QueryCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** What the signature check and the rooms below answer in the words of the JSON API. */
const BY_NAME: Partial<Record<ErrorName, QueryCode>> = {
  AccessDeniedException: "AccessDenied",
  ExpiredTokenException: "ExpiredToken",
  IncompleteSignatureException: "IncompleteSignature",
  InvalidInputException: "ValidationError",
  InvalidNextTokenException: "InvalidParameter",
  InvalidSignatureException: "SignatureDoesNotMatch",
  MissingAuthenticationTokenException: "MissingAuthenticationToken",
  SerializationException: "MalformedQueryString",
  ServiceUnavailableException: "ServiceUnavailable",
  ThrottlingException: "Throttling",
  UnknownOperationException: "InvalidAction",
  UnrecognizedClientException: "InvalidClientTokenId",
};

/** The refusal for anything thrown; undefined when it is a fault of ours that must be logged. */
export function asQueryError(error: unknown): QueryError | undefined {
  if (error instanceof QueryError) return error;
  if (error instanceof DomainError) {
    const code = BY_NAME[error.name];
    return code && new QueryError(code, error.message, { cause: error });
  }
  if (!isDiskFull(error)) return undefined;
  return new QueryError(
    "ServiceUnavailable",
    "The server's disk is full and nothing was changed. Free space in its data directory, then " +
      "send the request again.",
    { cause: error },
  );
}
