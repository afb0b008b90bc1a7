/**
 * The exceptions that every operation may answer, whatever it does: signature, role, form of the
 * request, state of the server. No operation names them as its own.
 * @module
 */
import type { ErrorName } from "../domain/errors.ts";

export const COMMON_ERRORS: readonly ErrorName[] = [
  "AccessDeniedException",
  "ExpiredTokenException",
  "IncompleteSignatureException",
  "InternalFailure",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "SerializationException",
  "ServiceUnavailableException",
  "ThrottlingException",
  "UnknownOperationException",
  "UnrecognizedClientException",
];
